// expect: aligned at the first axis instead of the last
// exercise: shape
    let ndim = a.len().max(b.len());
    let length = |shape: &Shape, axis: usize| shape.get(axis).copied().unwrap_or(1);
    let mut result = Shape::filled(1, ndim);
    for axis in 0..ndim {
        result[axis] = match (length(a, axis), length(b, axis)) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            _ => return None,
        };
    }
    Some(result)
// exercise: end
