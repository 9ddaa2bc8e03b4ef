// expect: weights: divided by the size of the head instead of its square root
// exercise: weights
    let scores = matmul(q, &k.clone().transpose(-2, -1)) * (scale * scale);
    let weights = softmax(scores.masked_fill(&forbidden, T::LOWEST), -1);
    weights.masked_fill(&forbidden, T::ZERO)
// exercise: end
