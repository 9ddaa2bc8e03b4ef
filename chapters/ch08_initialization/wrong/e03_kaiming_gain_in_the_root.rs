// expect: std for ReLU: the gain is inside the root: it is a factor of the standard deviation already
// exercise: std
    (gain.value() / mode.of(shape) as f64).sqrt()
// exercise: end
