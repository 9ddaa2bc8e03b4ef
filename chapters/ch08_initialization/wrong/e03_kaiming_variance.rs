// expect: normal: 10 times the standard deviation: the square of the standard deviation was passed on
// exercise: normal
    normal(weight, 0.0, std * std, rng);
// exercise: end
