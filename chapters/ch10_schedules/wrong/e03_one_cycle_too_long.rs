// expect: the way down: the end would be at step `total`
// exercise: rate
        if step < top {
            cosine(start, peak, step / top)
        } else {
            cosine(peak, start / final_div, (step - top) / (total as f64 - top))
        }
// exercise: end
