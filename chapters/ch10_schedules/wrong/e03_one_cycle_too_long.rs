// expect: the way down: the end would be at step `total`
// exercise: between
        if step < top {
            cosine(start, peak, step / top)
        } else {
            cosine(peak, end, (step - top) / (total as f64 - top))
        }
// exercise: end
