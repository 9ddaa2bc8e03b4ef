// expect: gradient of the images: the order of forward was used again
// exercise: backward
    let split = grad.clone().contiguous().reshape([batch, down, across, channels, patch, patch]);
    split.permute([0, 2, 4, 1, 3, 5]).reshape(shape)
// exercise: end
