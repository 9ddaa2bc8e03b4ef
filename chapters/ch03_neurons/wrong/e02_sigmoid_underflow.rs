// expect: 0 for x = -90: e^-x overflows
// exercise: forward
    T::ONE / (T::ONE + math::exp(-x))
// exercise: end
