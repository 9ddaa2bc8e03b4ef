// expect: stamps: a stamp replaced what others had left: where they overlap, they add
// exercise: stamp
    let mut y = Array::zeros([batch, outputs, (height - 1) * stride + rows, (width - 1) * stride + cols]);
    for (n, c, o) in walk([batch, inputs, outputs]) {
        for (i, j, _) in walk([height, width, 1]) {
            for (u, v, _) in walk([rows, cols, 1]) {
                y[[n, o, i * stride + u, j * stride + v]] = weight[[c, o, u, v]] * x[[n, c, i, j]];
            }
        }
    }
    y
// exercise: end
