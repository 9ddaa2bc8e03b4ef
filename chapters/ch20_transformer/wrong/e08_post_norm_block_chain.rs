// expect: input gradient: only the way through the branches: the one past them is missing
// exercise: backward
        let branch = self.dropout2.backward(self.norm2.backward(grad));
        let middle = self.mlp.backward(branch);
        let branch = self.dropout1.backward(self.norm1.backward(middle));
        self.attention.backward(branch)
// exercise: end
