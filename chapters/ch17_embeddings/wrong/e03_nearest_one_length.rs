// expect: cosine: divided by the length of the first vector only
// exercise: cosine
    let dot = |a: &[T], b: &[T]| a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| sum + a * b);
    let length = dot(a, a).sqrt();
    if length == T::ZERO || dot(b, b) == T::ZERO { T::ZERO } else { dot(a, b) / length }
// exercise: end
