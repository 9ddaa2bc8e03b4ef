// expect: after the end: after the last step the cosine goes up again
// exercise: rate
        if step < warmup {
            linear(0.0, peak, (step + 1) as f64 / (warmup + 1) as f64)
        } else {
            cosine(peak, floor, (step - warmup) as f64 / (total - warmup) as f64)
        }
// exercise: end
