// expect: sgd_step: a frozen parameter moved
// exercise: descent
        param.value.zip_assign("sgd_step", &param.grad, |value, grad| value - rate * grad);
// exercise: end
