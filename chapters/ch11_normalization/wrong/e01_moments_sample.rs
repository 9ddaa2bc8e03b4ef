// expect: variance: divided by n - 1 instead of n
// exercise: moments
    let mean = simd::sum(x, |x| x) / n;
    (mean, simd::sum(x, |x| (x - mean) * (x - mean)) / (n - T::ONE))
// exercise: end
