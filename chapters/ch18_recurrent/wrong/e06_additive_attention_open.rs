// expect: weights: the padding received a weight
// exercise: forward
    let _ = mask;
    let weights = softmax(scores, 1);
    let context = (keys * &weights.clone().unsqueeze(2)).sum(1, false);
    (context, weights)
// exercise: end
