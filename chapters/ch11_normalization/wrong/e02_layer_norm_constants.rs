// expect: gradient of the input: mean and spread were taken as constants, but they depend on x
// exercise: backward
    for j in 0..size {
        gain_grad[j] += g[j] * xh[j];
        shift_grad[j] += g[j];
        g[j] = r * (gain[j] * g[j]);
    }
    let _ = n;
// exercise: end
