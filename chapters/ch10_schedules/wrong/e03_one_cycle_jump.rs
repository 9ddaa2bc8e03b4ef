// expect: the way down: the share counts the way up too: the rate jumps after the peak
// exercise: rate
        if step <= top {
            cosine(start, peak, step / top)
        } else {
            cosine(peak, start / final_div, step / last)
        }
// exercise: end
