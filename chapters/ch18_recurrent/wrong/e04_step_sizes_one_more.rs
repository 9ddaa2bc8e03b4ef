// expect: sizes of the steps: a sequence of length n has the steps 0 to n - 1
// exercise: sizes
    for (t, size) in sizes.iter_mut().enumerate() {
        *size = lengths.iter().filter(|&&length| length >= t as i64).count() as i64;
    }
// exercise: end
