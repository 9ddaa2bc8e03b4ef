// expect: variance: mean of squares minus square of the mean: the digits cancel
// exercise: moments
    let mean = simd::sum(x, |x| x) / n;
    (mean, simd::sum(x, |x| x * x) / n - mean * mean)
// exercise: end
