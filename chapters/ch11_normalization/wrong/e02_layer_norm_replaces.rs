// expect: gradient of the gain: only the last row counts: replaced instead of added to
// exercise: backward
    for j in 0..size {
        gain_grad[j] = g[j] * xh[j];
        shift_grad[j] = g[j];
        g[j] *= gain[j];
    }
    let mean = simd::sum(g, |h| h) / n;
    let along = simd::dot(g, xh) / n;
    for j in 0..size {
        g[j] = r * (g[j] - mean - xh[j] * along);
    }
// exercise: end
