// expect: backward: the gradient does not go back through the activation
// exercise: backward
        let grad = self.fc2.backward(grad);
        self.fc1.backward(grad)
// exercise: end
