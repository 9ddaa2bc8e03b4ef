// expect: gradient of the state: u_n was multiplied by r, and so is its gradient
// exercise: backward
    let dn = tanh_backward(grad - &(grad * z), n);
    let dz = sigmoid_backward(grad * &(h - n), z);
    let dr = sigmoid_backward(&dn * inner, r);
    ([dr, dz, dn.clone()], dn, grad * z)
// exercise: end
