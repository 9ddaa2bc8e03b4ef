// expect: gradient of the gain: multiplied by x instead of the normalised x̂
// exercise: backward
    for j in 0..size {
        gain_grad[j] += g[j] * x[j];
        g[j] *= gain[j];
    }
    let along = simd::dot(g, x) * r / n;
    for j in 0..size {
        g[j] = r * (g[j] - x[j] * r * along);
    }
// exercise: end
