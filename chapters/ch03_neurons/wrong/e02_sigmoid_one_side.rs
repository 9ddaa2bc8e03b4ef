// expect: right for one sign of x only
// exercise: forward
    let e = math::exp(-x.abs());
    T::ONE / (T::ONE + e)
// exercise: end
