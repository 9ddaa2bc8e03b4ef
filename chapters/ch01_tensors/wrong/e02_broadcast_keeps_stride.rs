// expect: a stretched axis keeps its stride and runs on into other elements
// exercise: strides
    let new_axes = to.len() - shape.len();
    let mut result = Strides::filled(0, to.len());
    result[new_axes..].copy_from_slice(strides);
    result
// exercise: end
