// expect: the line does not meet the parabola at delta: the constant delta/2 is missing
// exercise: forward
    let term = |d: T| {
        let size = d.abs();
        if size <= delta { half * d * d } else { delta * size }
    };
    reduction.forward((x - y).map(term))
// exercise: end
