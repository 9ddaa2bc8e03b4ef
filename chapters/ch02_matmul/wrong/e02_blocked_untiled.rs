// expect: b is not used tile by tile
    // exercise: tiles
    for i in 0..m {
        for first_p in (0..k).step_by(TILE) {
            for first_j in (0..n).step_by(TILE) {
                for p in first_p..(first_p + TILE).min(k) {
                    for j in first_j..(first_j + TILE).min(n) {
                        c[i * n + j] += a[i * k + p] * b[p * n + j];
                    }
                }
            }
        }
    }
    // exercise: end
