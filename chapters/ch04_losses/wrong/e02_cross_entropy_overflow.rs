// expect: log of a softmax: overflows for large logits
// exercise: log_sum_exp
    for (row, out) in z.chunks(classes).zip(out) {
        *out = row.iter().fold(T::ZERO, |sum, &z| sum + z.exp()).ln();
    }
// exercise: end
