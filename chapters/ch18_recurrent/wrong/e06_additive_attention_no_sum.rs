// expect: gradient of the keys: the keys are in the sum too
// exercise: backward
    let dweights = (keys * &grad).sum(2, false);
    (softmax_backward(dweights, weights, 1), keys.zeros_like())
// exercise: end
