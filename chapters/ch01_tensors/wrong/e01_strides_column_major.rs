// expect: column-major order: the first axis is the densest
// exercise: contiguous
    let mut strides = Strides::filled(1, shape.len());
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1] as isize;
    }
    strides
// exercise: end
