// expect: cosine: the cosine falls to -1, and the value below `to`
// exercise: cosine
    to + (from - to) * (std::f64::consts::PI * share).cos()
// exercise: end
