// expect: output: the squares are one row and one column too small
// exercise: squares
        for place in (0..seeds.len()).filter(|&place| seeds[place]) {
            let (row, column) = (place / columns, place % columns);
            for row in row + 1..row + b {
                kept[(row - 1) * width + column..][..b - 1].fill(false);
            }
        }
// exercise: end
