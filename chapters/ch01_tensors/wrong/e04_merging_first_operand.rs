// expect: merged although only the first operand allows it
// exercise: merge
    let mut merged = (Shape::new(&[]), [Strides::new(&[]); N]);
    for axis in (0..shape.len()).filter(|&axis| shape[axis] != 1) {
        let (length, step) = (shape[axis], strides.map(|s| s[axis]));
        let last = merged.0.len().wrapping_sub(1);
        if !merged.0.is_empty() && merged.1[0][last] == step[0] * length as isize {
            merged.0[last] *= length;
            (0..N).for_each(|n| merged.1[n][last] = step[n]);
        } else {
            let end = merged.0.len();
            merged.0 = merged.0.with(end, length);
            (0..N).for_each(|n| merged.1[n] = merged.1[n].with(end, step[n]));
        }
    }
    merged
// exercise: end
