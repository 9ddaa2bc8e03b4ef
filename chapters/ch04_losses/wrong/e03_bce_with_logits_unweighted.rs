// expect: σ(x) - y is right only for a pos_weight of 1
// exercise: backward
        logits.zip_to("bce_with_logits", target, |x, y| sigmoid_at(x) - y)
// exercise: end
