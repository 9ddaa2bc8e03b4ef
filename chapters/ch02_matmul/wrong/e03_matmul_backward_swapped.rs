// expect: gradient of a: this is the gradient of b: the two are returned in the wrong order
    // exercise: gradients
    let da = matmul(g, &b.clone().t());
    let db = matmul(&a.clone().t(), g);
    (sum_to(db, b.shape()), sum_to(da, a.shape()))
    // exercise: end
