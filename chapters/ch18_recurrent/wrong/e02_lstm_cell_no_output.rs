// expect: gradient of the cell before: the output depends on the cell too
// exercise: backward
    let di = sigmoid_backward(dc * g, i);
    let df = sigmoid_backward(dc * c, f);
    let dg = tanh_backward(dc * i, g);
    let d_o = sigmoid_backward(dh * tanh, o);
    ([di, df, dg, d_o], dc * f)
// exercise: end
