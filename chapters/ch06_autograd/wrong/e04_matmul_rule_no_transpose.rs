// expect: dL/da: g b instead of g bᵀ
// exercise: gradient
    match which {
        0 => sum_to(&grad.matmul(b), &a.shape()),
        _ => sum_to(&a.t().matmul(grad), &b.shape()),
    }
// exercise: end
