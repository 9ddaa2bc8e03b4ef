// expect: forward: the mean was subtracted: that is LayerNorm
// exercise: forward
    let mean = simd::sum(x, |x| x) / n;
    let r = T::ONE / (simd::sum(x, |x| (x - mean) * (x - mean)) / n + eps).sqrt();
    for j in 0..x.len() {
        y[j] = gain[j] * ((x[j] - mean) * r);
    }
    r
// exercise: end
