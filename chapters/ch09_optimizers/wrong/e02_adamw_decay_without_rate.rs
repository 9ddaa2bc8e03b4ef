// expect: decay: the decay is not multiplied by the rate
// exercise: corrections
    let size = rate / (1.0 - mean.powf(t));
    let unbias = 1.0 / (1.0 - square.powf(t)).sqrt();
    [size, unbias, 1.0 - decay]
// exercise: end
