// expect: probability of a seed: every number can be a seed: squares would stick out
// exercise: gamma
    let _ = (height, width);
    (p / (b * b) as f64).min(1.0)
// exercise: end
