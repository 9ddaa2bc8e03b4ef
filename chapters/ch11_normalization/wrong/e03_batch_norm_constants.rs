// expect: gradient of the input: mean and variance were taken as constants, but they depend on x
// exercise: backward
    let _ = (x, mean, of_g, of_g_xhat, m);
    for g in g.iter_mut() {
        *g = weight * inv_std * *g;
    }
// exercise: end
