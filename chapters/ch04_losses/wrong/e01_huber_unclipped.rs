// expect: the slope is not cut off at delta
// exercise: backward
    (x - y) * &g
// exercise: end
