// expect: dL/db: one gradient for each matrix of the batch, instead of their sum
// exercise: gradient
    match which {
        0 => sum_to(&grad.matmul(&b.t()), &a.shape()),
        _ => a.t().matmul(grad),
    }
// exercise: end
