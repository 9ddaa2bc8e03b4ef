// expect: the part of v that belongs to the second variable is missing
// exercise: product
    let inner = (&gradient[0] * Var::constant(v[0].clone())).sum(.., false);
    grad(&inner, x, Tape::Retain).iter().map(Var::value).collect()
// exercise: end
