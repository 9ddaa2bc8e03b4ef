// expect: std by fan-out: the mode was not looked at
// exercise: std
    gain.value() / (FanMode::In.of(shape) as f64).sqrt()
// exercise: end
