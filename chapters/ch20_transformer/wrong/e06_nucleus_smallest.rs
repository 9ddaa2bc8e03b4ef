// expect: keep_top_k: the k smallest are kept
// exercise: top_k
    let mut sorted = probabilities.to_vec();
    sorted.sort_by(|a, b| a.total_cmp(b));
    let Some(&most) = sorted.get(k - 1) else { return };
    for p in probabilities {
        if *p > most {
            *p = 0.0;
        }
    }
// exercise: end
