// expect: two lengths differ and neither is 1: this must be None
// exercise: shape
    let ndim = a.len().max(b.len());
    let length = |shape: &Shape, axis: usize| (axis + shape.len()).checked_sub(ndim).map_or(1, |i| shape[i]);
    let mut result = Shape::filled(1, ndim);
    for axis in 0..ndim {
        let (x, y) = (length(a, axis), length(b, axis));
        result[axis] = match (x, y) {
            (1, y) => y,
            (x, 1) => x,
            _ => x.max(y),
        };
    }
    Some(result)
// exercise: end
