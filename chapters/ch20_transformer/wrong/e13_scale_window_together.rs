// expect: scaled windows: one scale for all series together
// exercise: scale
    let ones = || Array::ones([x.dim(0), 1]);
    let mean = ones() * x.mean_all();
    let variance = (x - &mean).map(|d| d * d).mean_all();
    let deviation = ones() * (variance + T::from_f64(1e-5)).sqrt();
    ((x - &mean) / &deviation, mean, deviation)
// exercise: end
