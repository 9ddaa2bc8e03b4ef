// expect: std: that is the variance; take its root
// exercise: std
    gain * gain * 2.0 / (fan_in + fan_out) as f64
// exercise: end
