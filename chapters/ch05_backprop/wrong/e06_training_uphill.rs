// expect: sgd_step: moved along the gradient: the loss grows
// exercise: descent
        if !param.frozen {
            param.value.zip_assign("sgd_step", &param.grad, |value, grad| value + rate * grad);
        }
// exercise: end
