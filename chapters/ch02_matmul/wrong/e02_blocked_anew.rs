// expect: each tile starts c anew: only the last range of p is left of the sum
    // exercise: tiles
    for first_p in (0..k).step_by(TILE) {
        let end_p = (first_p + TILE).min(k);
        for first_j in (0..n).step_by(TILE) {
            let end_j = (first_j + TILE).min(n);
            for i in 0..m {
                for j in first_j..end_j {
                    let mut sum = a[i * k + first_p] * b[first_p * n + j];
                    for p in first_p + 1..end_p {
                        sum += a[i * k + p] * b[p * n + j];
                    }
                    c[i * n + j] = sum;
                }
            }
        }
    }
    // exercise: end
