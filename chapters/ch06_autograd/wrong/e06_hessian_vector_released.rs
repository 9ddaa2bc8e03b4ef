// expect: released by an earlier backward pass
// exercise: product
    let mut inner = Var::scalar(0.0);
    for (gradient, v) in gradient.iter().zip(v) {
        inner = inner + (gradient * Var::constant(v.clone())).sum(.., false);
    }
    grad(&inner, x, Tape::Release).iter().map(Var::value).collect()
// exercise: end
