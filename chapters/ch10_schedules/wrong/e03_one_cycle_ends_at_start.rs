// expect: the way down: ends where it began
// exercise: rate
        if step < top {
            cosine(start, peak, step / top)
        } else if step < last {
            cosine(peak, start, (step - top) / (last - top))
        } else {
            start
        }
// exercise: end
