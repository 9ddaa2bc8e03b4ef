// expect: patches: a reshape alone cuts the image into strips
// exercise: forward
    x.clone().contiguous().reshape([batch, down * across, channels * patch * patch])
// exercise: end
