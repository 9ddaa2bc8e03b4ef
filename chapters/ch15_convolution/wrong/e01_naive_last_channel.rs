// expect: forward: only the last channel counts: begin the sum once for all channels
// exercise: forward
    for n in 0..x.dim(0) {
        for o in 0..weight.dim(0) {
            for (i, j) in pairs([height, width]) {
                for c in 0..weight.dim(1) {
                    let mut sum = start(o);
                    for (u, v) in pairs(window.kernel) {
                        if let (Some(row), Some(col)) = (window.source(0, i, u), window.source(1, j, v)) {
                            sum += weight[[o, c, u, v]] * x[[n, first(o) + c, row, col]];
                        }
                    }
                    y[[n, o, i, j]] = sum;
                }
            }
        }
    }
// exercise: end
