// expect: the last tile is skipped when it is not full
    // exercise: tiles
    for tile_p in 0..k / TILE {
        for tile_j in 0..n / TILE {
            for i in 0..m {
                for p in tile_p * TILE..(tile_p + 1) * TILE {
                    for j in tile_j * TILE..(tile_j + 1) * TILE {
                        c[i * n + j] += a[i * k + p] * b[p * n + j];
                    }
                }
            }
        }
    }
    // exercise: end
