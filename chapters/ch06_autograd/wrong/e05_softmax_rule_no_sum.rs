// expect: log_softmax: g (1 - e^z), as if each output depended on its own input only
// exercise: log_softmax
    grad - z.exp() * grad
// exercise: end
