// expect: forward: divided by the variance instead of its root
// exercise: forward
    let (mean, variance) = moments(x);
    let r = T::ONE / (variance + eps);
    for j in 0..x.len() {
        y[j] = gain[j] * ((x[j] - mean) * r) + shift[j];
    }
    (mean, r)
// exercise: end
