// expect: backward: the two gradients were multiplied instead of added
// exercise: backward
        self.inner.backward(grad.clone()) * grad
// exercise: end
