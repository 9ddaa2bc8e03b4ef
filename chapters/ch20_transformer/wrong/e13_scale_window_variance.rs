// expect: scaled windows: divided by the variance, not by its root
// exercise: scale
    let mean = x.mean(1, true);
    let deviation = x.var(1, true, 0).map(|variance| variance + T::from_f64(1e-5));
    ((x - &mean) / &deviation, mean, deviation)
// exercise: end
