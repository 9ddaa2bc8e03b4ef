// expect: im2col: rows and columns are exchanged
// exercise: im2col
        for (i, out) in row.chunks_mut(width).enumerate() {
            for (j, out) in out.iter_mut().enumerate() {
                *out = match (window.source(0, j, v), window.source(1, i, u)) {
                    (Some(y), Some(x)) => plane[y * window.input[1] + x],
                    _ => T::ZERO,
                };
            }
        }
// exercise: end
