// expect: the innermost loop walks down a column of b, 8 elements at a step: it must run over j
    // exercise: loops
    for i in 0..m {
        for j in 0..n {
            for p in 0..k {
                c[i * n + j] += a[i * k + p] * b[p * n + j];
            }
        }
    }
    // exercise: end
