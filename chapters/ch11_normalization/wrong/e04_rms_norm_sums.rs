// expect: forward: the squares were summed, not averaged
// exercise: forward
    let _ = n;
    let r = T::ONE / (simd::dot(x, x) + eps).sqrt();
    for j in 0..x.len() {
        y[j] = gain[j] * (x[j] * r);
    }
    r
// exercise: end
