// expect: gradient of the queries: softmax's own gradient is missing: P times dP is not enough
// exercise: backward
    let t = |x: &Array<T>| x.clone().transpose(-2, -1);
    let dv = matmul(&t(&weights), grad);
    let ds = matmul(grad, &t(v)) * &weights * scale;
    [matmul(&ds, k), matmul(&t(&ds), q), dv]
// exercise: end
