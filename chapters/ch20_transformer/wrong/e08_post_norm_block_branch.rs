// expect: forward: the norm is on the branch alone, and the input is added behind it
// exercise: forward
        let branch = self.dropout1.forward(self.attention.forward(x.clone(), mask));
        let middle = self.norm1.forward(branch) + &x;
        let branch = self.dropout2.forward(self.mlp.forward(middle.clone()));
        self.norm2.forward(branch) + &middle
// exercise: end
