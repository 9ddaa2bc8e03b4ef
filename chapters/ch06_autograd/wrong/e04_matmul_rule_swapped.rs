// expect: dL/db: g aᵀ instead of aᵀ g
// exercise: gradient
    match which {
        0 => sum_to(&grad.matmul(&b.t()), &a.shape()),
        _ => sum_to(&grad.matmul(&a.t()), &b.shape()),
    }
// exercise: end
