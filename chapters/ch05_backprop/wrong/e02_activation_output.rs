// expect: backward: the slope was taken at the output instead of the input
// exercise: forward
        let y = self.kind.forward(x);
        self.inputs.push(y.clone());
        y
// exercise: end
