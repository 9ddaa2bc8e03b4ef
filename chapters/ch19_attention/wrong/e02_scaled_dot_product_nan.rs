// expect: a query without keys: the weights are NaN, but should be 0
// exercise: weights
    let scores = matmul(q, &k.clone().transpose(-2, -1)) * scale;
    softmax(scores.masked_fill(&forbidden, T::LOWEST), -1)
// exercise: end
