// expect: gradient of the input: the activations were skipped
// exercise: backward
        for linear in self.linears.iter_mut().skip(first).rev() {
            grad = linear.backward(grad);
        }
        grad
// exercise: end
