// expect: gradient of the channels: g itself, without its factor
// exercise: dx
    let dx = grad;
// exercise: end
