// expect: the density lacks its factor 1/√(2π)
// exercise: slope
    let density = math::exp(x * x * T::from_f64(-0.5));
    normal_cdf(x) + x * density
// exercise: end
