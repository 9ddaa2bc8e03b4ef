// expect: output when nothing is kept: 0 / 0
// exercise: factor
    all as f64 / kept as f64
// exercise: end
