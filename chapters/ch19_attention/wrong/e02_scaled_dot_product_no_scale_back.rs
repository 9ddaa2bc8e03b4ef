// expect: gradient of the queries: the scale is missing on the way back
// exercise: backward
    let _ = scale;
    let t = |x: &Array<T>| x.clone().transpose(-2, -1);
    let dv = matmul(&t(&weights), grad);
    let ds = softmax_backward(matmul(grad, &t(v)), &weights, -1);
    [matmul(&ds, k), matmul(&t(&ds), q), dv]
// exercise: end
