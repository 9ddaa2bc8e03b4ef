// expect: beyond delta the slope is delta times the sign of d
// exercise: backward
    (x - y).map(|d| if d.abs() <= delta { d } else { delta }) * &g
// exercise: end
