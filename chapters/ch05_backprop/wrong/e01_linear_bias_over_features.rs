// expect: gradient of the bias: summed over features instead of the batch
// exercise: parameters
        matmul_add(&mut self.weight.grad, &g.clone().t(), &x);
        if let Some(bias) = &mut self.bias {
            bias.grad += &g.sum(1, false);
        }
// exercise: end
