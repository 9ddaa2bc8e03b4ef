// expect: probabilities of the mistakes: the least sure come first
// exercise: sort
    mistakes.sort_by(|a, b| a.probability.total_cmp(&b.probability));
// exercise: end
