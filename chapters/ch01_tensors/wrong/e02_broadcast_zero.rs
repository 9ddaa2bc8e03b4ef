// expect: the larger length is taken, but 1 stretches to 0 as well
// exercise: shape
    let ndim = a.len().max(b.len());
    let length = |shape: &Shape, axis: usize| (axis + shape.len()).checked_sub(ndim).map_or(1, |i| shape[i]);
    let mut result = Shape::filled(1, ndim);
    for axis in 0..ndim {
        let (x, y) = (length(a, axis), length(b, axis));
        if x != y && x != 1 && y != 1 {
            return None;
        }
        result[axis] = x.max(y);
    }
    Some(result)
// exercise: end
