// expect: all parts are about equally long
// exercise: lengths
    let _ = rng;
    (0..count).map(|i| total / count + usize::from(i < total % count)).collect()
// exercise: end
