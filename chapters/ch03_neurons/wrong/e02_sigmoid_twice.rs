// expect: took the output for the input
// exercise: backward
    simd::zip("sigmoid_backward", grad, y, |g, y| {
        let s = sigmoid_at(y);
        g * s * (T::ONE - s)
    })
// exercise: end
