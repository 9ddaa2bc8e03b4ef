// expect: forward: this is pre-LN: the norm stands on the input of the branch, not on the sum
// exercise: forward
        let normed = self.norm1.forward(x.clone());
        let middle = self.dropout1.forward(self.attention.forward(normed, mask)) + &x;
        let normed = self.norm2.forward(middle.clone());
        self.dropout2.forward(self.mlp.forward(normed)) + &middle
// exercise: end
