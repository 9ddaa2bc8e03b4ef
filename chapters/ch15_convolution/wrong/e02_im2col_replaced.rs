// expect: col2im: replaced instead of added to: a number of the image stands in many columns
// exercise: col2im
        for (i, row) in row.chunks(width).enumerate() {
            let Some(y) = window.source(0, i, u) else { continue };
            for (j, &value) in row.iter().enumerate() {
                if let Some(x) = window.source(1, j, v) {
                    plane[y * window.input[1] + x] = value;
                }
            }
        }
// exercise: end
