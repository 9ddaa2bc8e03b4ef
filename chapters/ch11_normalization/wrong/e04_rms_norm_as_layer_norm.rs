// expect: gradient of the input: the mean of h was subtracted: that belongs to LayerNorm
// exercise: backward
    for j in 0..size {
        gain_grad[j] += g[j] * (x[j] * r);
        g[j] *= gain[j];
    }
    let mean = simd::sum(g, |h| h) / n;
    let along = simd::dot(g, x) * r / n;
    for j in 0..size {
        g[j] = r * (g[j] - mean - x[j] * r * along);
    }
// exercise: end
