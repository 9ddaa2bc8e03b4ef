// expect: backward: past the first branch goes the gradient of the middle, not that of the output
// exercise: backward
        let branch = self.mlp.backward(self.dropout2.backward(grad.clone()));
        let middle = self.norm2.backward(branch) + &grad;
        let branch = self.attention.backward(self.dropout1.backward(middle));
        self.norm1.backward(branch) + &grad
// exercise: end
