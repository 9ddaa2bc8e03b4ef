// expect: c is overwritten: only the last p is left of the sum
    // exercise: loops
    for i in 0..m {
        for p in 0..k {
            for j in 0..n {
                c[i * n + j] = a[i * k + p] * b[p * n + j];
            }
        }
    }
    // exercise: end
