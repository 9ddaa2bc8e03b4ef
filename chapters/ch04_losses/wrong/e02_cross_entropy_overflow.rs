// expect: log of a softmax: overflows for large logits
// exercise: log_sum_exp
    z.iter().fold(T::ZERO, |sum, &z| sum + z.exp()).ln()
// exercise: end
