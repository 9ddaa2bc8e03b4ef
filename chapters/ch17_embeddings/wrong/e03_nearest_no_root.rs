// expect: cosine: divided by the squares of the lengths
// exercise: cosine
    let dot = |a: &[T], b: &[T]| a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| sum + a * b);
    let lengths = dot(a, a) * dot(b, b);
    if lengths == T::ZERO { T::ZERO } else { dot(a, b) / lengths }
// exercise: end
