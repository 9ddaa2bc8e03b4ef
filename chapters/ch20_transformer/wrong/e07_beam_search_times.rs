// expect: score: multiplied with the power of the length instead of divided by it
// exercise: score
    sum * (length as f64).powf(penalty)
// exercise: end
