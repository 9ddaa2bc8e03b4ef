// expect: examples: the shares are exchanged: `lambda` is the example's own
// exercise: blend
    a * T::from_f64(1.0 - lambda) + b * T::from_f64(lambda)
// exercise: end
