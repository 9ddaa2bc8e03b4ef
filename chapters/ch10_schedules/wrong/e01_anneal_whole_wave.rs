// expect: cosine: a whole wave: it comes back to where it began
// exercise: cosine
    to + (from - to) * (1.0 + (2.0 * std::f64::consts::PI * share).cos()) / 2.0
// exercise: end
