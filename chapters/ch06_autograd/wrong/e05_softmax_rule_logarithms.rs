// expect: log_softmax: multiplied the sum with z instead of e^z
// exercise: log_softmax
    grad - z * grad.sum(axis, true)
// exercise: end
