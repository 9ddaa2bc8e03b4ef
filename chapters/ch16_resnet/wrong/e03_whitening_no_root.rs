// expect: kernels: divided by the eigenvalue instead of its root
// exercise: weight
    Array::from_fn([2 * d, d], |at| {
        let (i, sign) = if at[0] < d { (at[0], 1.0) } else { (at[0] - d, -1.0) };
        sign * vectors[[i, at[1]]] / (values[i] + eps)
    })
// exercise: end
