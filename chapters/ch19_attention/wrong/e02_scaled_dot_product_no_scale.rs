// expect: weights: the scale is missing: scores grow with the size of the head
// exercise: weights
    let _ = scale;
    let scores = matmul(q, &k.clone().transpose(-2, -1));
    let weights = softmax(scores.masked_fill(&forbidden, T::LOWEST), -1);
    weights.masked_fill(&forbidden, T::ZERO)
// exercise: end
