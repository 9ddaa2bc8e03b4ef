// expect: gradient of the vectors: multiplied with the gradient of the table instead of the table
// exercise: backward
    let dx = matmul(grad, &table.grad).reshape(*hidden.shape());
    matmul_add(&mut table.grad, &grad.clone().t(), &x);
    dx
// exercise: end
