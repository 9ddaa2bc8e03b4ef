// expect: row i of b is used where row p is meant
    // exercise: loops
    for i in 0..m {
        for p in 0..k {
            for j in 0..n {
                c[i * n + j] += a[i * k + p] * b[i * n + j];
            }
        }
    }
    // exercise: end
