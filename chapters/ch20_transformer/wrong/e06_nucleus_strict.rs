// expect: keep_top_p: the token that reaches the share is missing
// exercise: top_p
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let mut sum = 0.0;
    for token in order {
        sum += probabilities[token];
        if sum >= share {
            probabilities[token] = 0.0;
        }
    }
// exercise: end
