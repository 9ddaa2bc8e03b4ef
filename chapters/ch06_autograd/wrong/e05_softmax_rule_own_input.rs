// expect: softmax: y (1 - y) g, as if each output depended on its own input only
// exercise: softmax
    grad * y * (1.0 - y)
// exercise: end
