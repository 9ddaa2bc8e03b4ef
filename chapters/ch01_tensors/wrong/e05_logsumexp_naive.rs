// expect: e^1000 is infinite: subtract the largest element before exp
// exercise: stable
    let _ = highest;
    let sum: f64 = row.iter().map(|&x| x.exp().to_f64()).sum();
    T::from_f64(sum.ln())
// exercise: end
