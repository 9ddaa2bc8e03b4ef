// expect: gradient of the table: the gradient that was there before is lost
// exercise: backward
    table.grad = matmul(&grad.clone().t(), &x);
    matmul(grad, &table.value).reshape(*hidden.shape())
// exercise: end
