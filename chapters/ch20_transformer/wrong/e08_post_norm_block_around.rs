// expect: input gradient: the path past each branch goes around the norm too: it begins behind the norm
// exercise: backward
        let branch = self.dropout2.backward(self.norm2.backward(grad.clone()));
        let middle = self.mlp.backward(branch) + &grad;
        let branch = self.dropout1.backward(self.norm1.backward(middle.clone()));
        self.attention.backward(branch) + &middle
// exercise: end
