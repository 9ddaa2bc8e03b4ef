// expect: gradient of b: a g instead of aᵀ g
    // exercise: gradients
    let da = matmul(g, &b.clone().t());
    let db = matmul(a, g);
    (sum_to(da, a.shape()), sum_to(db, b.shape()))
    // exercise: end
