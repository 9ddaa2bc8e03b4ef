// expect: gradient of the channels: g itself, without its factor
// exercise: dx
    (grad, ds)
// exercise: end
