// expect: log of a sigmoid: log(0) for large logits
// exercise: forward
        let ones = logits.zip_to("bce_with_logits", target, |x, y| -y * sigmoid_at(x).ln());
        let zeros = logits.zip_to("bce_with_logits", target, |x, y| -(T::ONE - y) * (T::ONE - sigmoid_at(x)).ln());
        ones * &pos_weight + zeros
// exercise: end
