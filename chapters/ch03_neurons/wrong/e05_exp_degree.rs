// expect: the polynomial ends too early, at degree 4
// exercise: polynomial
    let mut p = 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    r + r * r * p
// exercise: end
