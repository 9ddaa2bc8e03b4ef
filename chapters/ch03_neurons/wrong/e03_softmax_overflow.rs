// expect: e^1000 is infinite: subtract the largest logit first
// exercise: forward
    for x in x.chunks_mut(length) {
        for x in x.iter_mut() {
            *x = math::exp(*x);
        }
        let scale = T::ONE / simd::sum(x, |x| x);
        for x in x.iter_mut() {
            *x *= scale;
        }
    }
// exercise: end
