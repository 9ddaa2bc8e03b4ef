// expect: gradient of the weight: replaced instead of added to
// exercise: parameters
        self.weight.grad = matmul(&g.clone().t(), &x);
        if let Some(bias) = &mut self.bias {
            bias.grad = g.sum(0, false);
        }
// exercise: end
