// expect: forward with tanh: the state before was left out
// exercise: forward
        let _ = h;
        let a = self.weights.of_input(x);
        match self.nonlinearity {
            Nonlinearity::Tanh => tanh(a),
            Nonlinearity::Relu => relu(a),
        }
// exercise: end
