// expect: kernels: the columns of the matrix of eigenvectors were taken
// exercise: weight
    Array::from_fn([2 * d, d], |at| {
        let (i, sign) = if at[0] < d { (at[0], 1.0) } else { (at[0] - d, -1.0) };
        sign * vectors[[at[1], i]] / (values[i] + eps).sqrt()
    })
// exercise: end
