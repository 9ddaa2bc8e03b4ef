// expect: std: the gain multiplies the standard deviation, not the variance
// exercise: std
    (gain * 2.0 / (fan_in + fan_out) as f64).sqrt()
// exercise: end
