// expect: gradient of the input: went from the first layer to the last
// exercise: backward
        for (i, linear) in self.linears.iter_mut().enumerate().skip(first) {
            if let Some(activation) = self.activations.get_mut(i) {
                grad = activation.backward(grad);
            }
            grad = linear.backward(grad);
        }
        grad
// exercise: end
