// expect: gradient of the input: the slope of the activation was left out
// exercise: backward
        let _ = new;
        (self.weights.back_to_input(&grad, &x), self.weights.back_to_state(&grad, &h))
// exercise: end
