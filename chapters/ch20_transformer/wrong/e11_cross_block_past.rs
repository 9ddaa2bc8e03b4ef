// expect: input gradient: the path past the attention to the memory is missing
// exercise: backward
        let branch = self.mlp.backward(self.dropout3.backward(grad.clone()));
        let c = self.norm3.backward(branch) + &grad;
        let (branch, memory) = self.cross.backward(self.dropout2.backward(c));
        let a = self.norm2.backward(branch);
        let branch = self.attention.backward(self.dropout1.backward(a.clone()));
        (self.norm1.backward(branch) + &a, memory)
// exercise: end
