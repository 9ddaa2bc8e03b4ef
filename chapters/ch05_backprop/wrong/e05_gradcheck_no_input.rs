// expect: the gradient of the input was not compared: a wrong one passes
// exercise: input
        let _ = &input_gradient;
// exercise: end
