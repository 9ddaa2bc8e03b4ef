// expect: keep_top_p: each probability by itself compared with the share, not the sum
// exercise: top_p
    for p in probabilities {
        if *p < 1.0 - share {
            *p = 0.0;
        }
    }
// exercise: end
