// expect: the axis' own length is counted too
// exercise: contiguous
    let mut strides = Strides::filled(1, shape.len());
    let mut product = 1;
    for axis in (0..shape.len()).rev() {
        product *= shape[axis] as isize;
        strides[axis] = product;
    }
    strides
// exercise: end
