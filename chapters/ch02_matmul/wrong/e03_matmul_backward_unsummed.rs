// expect: not summed over the batch that shares it
    // exercise: gradients
    (matmul(g, &b.clone().t()), matmul(&a.clone().t(), g))
    // exercise: end
