// expect: the largest was subtracted, but not added again
// exercise: stable
    if !highest.is_finite() {
        return highest;
    }
    let sum: f64 = row.iter().map(|&x| (x - highest).exp().to_f64()).sum();
    T::from_f64(sum.ln())
// exercise: end
