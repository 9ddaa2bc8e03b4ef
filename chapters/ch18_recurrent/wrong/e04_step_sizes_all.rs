// expect: sizes of the steps: the padding was counted
// exercise: sizes
    sizes.fill(lengths.len() as i64);
// exercise: end
