// expect: cosine with a vector of zeros: 0 / 0 is not a number
// exercise: cosine
    let dot = |a: &[T], b: &[T]| a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| sum + a * b);
    dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt())
// exercise: end
