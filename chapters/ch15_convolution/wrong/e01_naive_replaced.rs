// expect: gradient of the input: replaced instead of added to
// exercise: backward
    for n in 0..x.dim(0) {
        for o in 0..weight.dim(0) {
            for (i, j) in pairs(window.output()) {
                let g = grad[[n, o, i, j]];
                for c in 0..weight.dim(1) {
                    for (u, v) in pairs(window.kernel) {
                        if let (Some(row), Some(col)) = (window.source(0, i, u), window.source(1, j, v)) {
                            dx[[n, first(o) + c, row, col]] = g * weight[[o, c, u, v]];
                            dweight[[o, c, u, v]] += g * x[[n, first(o) + c, row, col]];
                        }
                    }
                }
            }
        }
    }
// exercise: end
