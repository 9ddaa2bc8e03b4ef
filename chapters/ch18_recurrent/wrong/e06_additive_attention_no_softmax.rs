// expect: gradient of the keys: the gradient did not go back through softmax
// exercise: backward
    let dscores = (keys * &grad).sum(2, false);
    let dkeys = grad.broadcast_to(*keys.shape()) * &weights.clone().unsqueeze(2);
    (dscores, dkeys)
// exercise: end
