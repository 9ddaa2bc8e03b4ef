// expect: warmup: step 0 has the rate 0: its batch is thrown away
// exercise: rate
        if step < warmup {
            linear(0.0, peak, step as f64 / warmup as f64)
        } else if step < total {
            cosine(peak, floor, (step - warmup) as f64 / (total - warmup) as f64)
        } else {
            floor
        }
// exercise: end
