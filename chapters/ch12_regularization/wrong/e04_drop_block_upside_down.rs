// expect: output: the factor is upside down: kept / all
// exercise: factor
    kept as f64 / all as f64
// exercise: end
