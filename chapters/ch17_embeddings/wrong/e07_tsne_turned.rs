// expect: neighbours of a corner of a square: beta went to 0
// exercise: bisect
        if entropy < perplexity.ln() {
            low = beta;
            beta = if high.is_finite() { (low + high) / 2.0 } else { 2.0 * beta };
        } else {
            high = beta;
            beta = (low + high) / 2.0;
        }
// exercise: end
