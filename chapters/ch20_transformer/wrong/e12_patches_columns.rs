// expect: patches: patches come column by column
// exercise: forward
    let split = x.clone().contiguous().reshape([batch, channels, down, patch, across, patch]);
    let patches = split.permute([0, 4, 2, 1, 3, 5]);
    patches.reshape([batch, down * across, channels * patch * patch])
// exercise: end
