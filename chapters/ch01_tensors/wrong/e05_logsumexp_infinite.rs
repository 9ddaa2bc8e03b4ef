// expect: inf - inf is NaN: an infinite largest element is the answer itself
// exercise: stable
    let sum: f64 = row.iter().map(|&x| (x - highest).exp().to_f64()).sum();
    highest + T::from_f64(sum.ln())
// exercise: end
