// expect: the way down: the share counts the way up too: the rate jumps after the peak
// exercise: between
        if step <= top {
            cosine(start, peak, step / top)
        } else {
            cosine(peak, end, step / last)
        }
// exercise: end
