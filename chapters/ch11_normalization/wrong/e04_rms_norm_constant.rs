// expect: gradient of the input: r was taken as a constant, but it depends on x
// exercise: backward
    let _ = n;
    for j in 0..size {
        gain_grad[j] += g[j] * (x[j] * r);
        g[j] *= gain[j] * r;
    }
// exercise: end
