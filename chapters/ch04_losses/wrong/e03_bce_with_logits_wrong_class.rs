// expect: pos_weight on the wrong class
// exercise: forward
        let ones = logits.zip_to("bce_with_logits", target, |x, y| y * softplus_at(-x));
        let zeros = logits.zip_to("bce_with_logits", target, |x, y| (T::ONE - y) * softplus_at(x));
        ones + zeros * &pos_weight
// exercise: end
