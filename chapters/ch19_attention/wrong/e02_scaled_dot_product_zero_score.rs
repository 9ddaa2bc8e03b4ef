// expect: weights: a forbidden key got the score 0, whose weight is not 0
// exercise: weights
    let scores = matmul(q, &k.clone().transpose(-2, -1)) * scale;
    let weights = softmax(scores.masked_fill(&forbidden, T::ZERO), -1);
    weights.masked_fill(&forbidden, T::ZERO)
// exercise: end
