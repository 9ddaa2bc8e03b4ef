// expect: gradient of the state: z h is a direct way to the old state
// exercise: backward
    let dn = tanh_backward(grad - &(grad * z), n);
    let dz = sigmoid_backward(grad * &(h - n), z);
    let dr = sigmoid_backward(&dn * inner, r);
    let du = &dn * r;
    ([dr, dz, dn], du, h.zeros_like())
// exercise: end
