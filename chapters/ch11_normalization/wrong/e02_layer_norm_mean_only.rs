// expect: gradient of the input: the way through the variance is missing
// exercise: backward
    for j in 0..size {
        gain_grad[j] += g[j] * xh[j];
        shift_grad[j] += g[j];
        g[j] *= gain[j];
    }
    let mean = simd::sum(g, |h| h) / n;
    for j in 0..size {
        g[j] = r * (g[j] - mean);
    }
// exercise: end
