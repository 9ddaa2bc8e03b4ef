// expect: variance: the root was taken: that is the standard deviation
// exercise: moments
    let mean = simd::sum(x, |x| x) / n;
    (mean, (simd::sum(x, |x| (x - mean) * (x - mean)) / n).sqrt())
// exercise: end
