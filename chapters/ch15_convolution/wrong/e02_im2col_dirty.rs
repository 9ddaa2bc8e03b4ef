// expect: im2col: the padding keeps what was in the buffer before: write zeros there
// exercise: im2col
        for (i, out) in row.chunks_mut(width).enumerate() {
            for (j, out) in out.iter_mut().enumerate() {
                if let (Some(y), Some(x)) = (window.source(0, i, u), window.source(1, j, v)) {
                    *out = plane[y * window.input[1] + x];
                }
            }
        }
// exercise: end
