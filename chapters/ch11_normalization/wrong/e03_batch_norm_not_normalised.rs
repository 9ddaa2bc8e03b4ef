// expect: gradient of the input: multiplied by x - mean instead of x̂
// exercise: backward
    let (mean_g, slope) = (T::from_f64(of_g / m), T::from_f64(of_g_xhat / m));
    for (g, &x) in g.iter_mut().zip(x) {
        *g = weight * inv_std * (*g - mean_g - (x - mean) * slope);
    }
// exercise: end
