// expect: forward: attention to the memory sees its padding
// exercise: forward
        let _ = real;
        let branch = self.attention.forward(self.norm1.forward(x.clone()), &Mask::CAUSAL);
        let a = self.dropout1.forward(branch) + &x;
        let branch = self.cross.forward(self.norm2.forward(a.clone()), memory, None);
        let c = self.dropout2.forward(branch) + &a;
        let branch = self.mlp.forward(self.norm3.forward(c.clone()));
        self.dropout3.forward(branch) + &c
// exercise: end
