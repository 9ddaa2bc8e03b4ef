// expect: the product rule has two terms: x φ(x) is missing
// exercise: slope
    normal_cdf(x)
// exercise: end
