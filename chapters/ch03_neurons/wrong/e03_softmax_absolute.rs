// expect: subtract the largest logit, not 0 or the largest absolute value
// exercise: forward
    for x in x.chunks_mut(length) {
        let largest = simd::max(&x.iter().map(|x| x.abs()).collect::<Vec<_>>());
        for x in x.iter_mut() {
            *x = math::exp(*x - largest);
        }
        let scale = T::ONE / simd::sum(x, |x| x);
        for x in x.iter_mut() {
            *x *= scale;
        }
    }
// exercise: end
