// expect: gradient of the images: the numbers were only joined
// exercise: backward
    let _ = (down, across, channels, batch);
    grad.clone().contiguous().reshape(shape)
// exercise: end
