// expect: NaN for large x: e^x overflows
// exercise: forward
    let e = math::exp(x);
    e / (T::ONE + e)
// exercise: end
