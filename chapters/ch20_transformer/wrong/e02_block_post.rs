// expect: forward: the norms stand behind the sums (post-LN), not before the branches
// exercise: forward
        let branch = self.attention.forward(x.clone(), mask);
        let middle = self.norm1.forward(self.dropout1.forward(branch) + &x);
        let branch = self.mlp.forward(middle.clone());
        self.norm2.forward(self.dropout2.forward(branch) + &middle)
// exercise: end
