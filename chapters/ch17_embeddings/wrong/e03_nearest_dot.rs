// expect: cosine: the dot product was not divided by the lengths
// exercise: cosine
    a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| sum + a * b)
// exercise: end
