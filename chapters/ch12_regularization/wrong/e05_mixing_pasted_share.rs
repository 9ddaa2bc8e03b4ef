// expect: targets: the share is what is left of the image, not what was pasted
// exercise: share
    pasted as f64 / pixels as f64
// exercise: end
