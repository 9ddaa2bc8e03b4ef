// expect: forward: the inputs are not added to the branches: nothing is residual
// exercise: forward
        let normed = self.norm1.forward(x);
        let middle = self.attention.forward(normed, mask);
        let normed = self.norm2.forward(self.dropout1.forward(middle));
        let y = self.mlp.forward(normed);
        self.dropout2.forward(y)
// exercise: end
