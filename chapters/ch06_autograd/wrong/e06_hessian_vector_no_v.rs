// expect: the Hessian times a vector of ones: v is missing
// exercise: product
    let mut inner = Var::scalar(0.0);
    for gradient in gradient {
        inner = inner + gradient.sum(.., false);
    }
    grad(&inner, x, Tape::Retain).iter().map(Var::value).collect()
// exercise: end
