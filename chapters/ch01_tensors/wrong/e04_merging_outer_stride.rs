// expect: a merged axis steps as the inner one did, not as the outer
// exercise: merge
    let mut merged = (Shape::new(&[]), [Strides::new(&[]); N]);
    for axis in (0..shape.len()).filter(|&axis| shape[axis] != 1) {
        let (length, step) = (shape[axis], strides.map(|s| s[axis]));
        let last = merged.0.len().wrapping_sub(1);
        if !merged.0.is_empty() && (0..N).all(|n| merged.1[n][last] == step[n] * length as isize) {
            merged.0[last] *= length;
        } else {
            let end = merged.0.len();
            merged.0 = merged.0.with(end, length);
            (0..N).for_each(|n| merged.1[n] = merged.1[n].with(end, step[n]));
        }
    }
    merged
// exercise: end
