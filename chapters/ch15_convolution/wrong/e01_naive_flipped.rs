// expect: forward: the kernel was flipped: in networks tap (0, 0) sees the upper left
// exercise: forward
    let [rows, cols] = window.kernel;
    for n in 0..x.dim(0) {
        for o in 0..weight.dim(0) {
            for (i, j) in pairs([height, width]) {
                let mut sum = start(o);
                for c in 0..weight.dim(1) {
                    for (u, v) in pairs(window.kernel) {
                        if let (Some(row), Some(col)) = (window.source(0, i, u), window.source(1, j, v)) {
                            sum += weight[[o, c, rows - 1 - u, cols - 1 - v]] * x[[n, first(o) + c, row, col]];
                        }
                    }
                }
                y[[n, o, i, j]] = sum;
            }
        }
    }
// exercise: end
