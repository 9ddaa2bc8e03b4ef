// expect: forward: eps was added to the root instead of the variance
// exercise: forward
    let (mean, variance) = moments(x);
    let r = T::ONE / (variance.sqrt() + eps);
    for j in 0..x.len() {
        y[j] = gain[j] * ((x[j] - mean) * r) + shift[j];
    }
    (mean, r)
// exercise: end
