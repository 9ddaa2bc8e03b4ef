// expect: gradient of the input: the slopes of the gates' activations were left out
// exercise: backward
    let d = dc + &tanh_backward(dh * o, tanh);
    ([&d * g, &d * c, &d * i, dh * tanh], d * f)
// exercise: end
