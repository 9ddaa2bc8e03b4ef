// expect: cosine: the share counts the steps of the warmup too: the rate jumps down after it
// exercise: rate
        if step < warmup {
            linear(0.0, peak, (step + 1) as f64 / (warmup + 1) as f64)
        } else if step < total {
            cosine(peak, floor, step as f64 / total as f64)
        } else {
            floor
        }
// exercise: end
