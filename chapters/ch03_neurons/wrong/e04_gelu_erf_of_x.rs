// expect: erf takes x/√2, not x
// exercise: cdf
    T::from_f64(0.5) * (T::ONE + math::erf(x))
// exercise: end
