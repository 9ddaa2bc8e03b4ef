// expect: a constant window: 0 / 0 is not a number
// exercise: scale
    let mean = x.mean(1, true);
    let deviation = x.var(1, true, 0).map(|variance| variance.sqrt());
    ((x - &mean) / &deviation, mean, deviation)
// exercise: end
