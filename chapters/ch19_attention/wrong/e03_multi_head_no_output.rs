// expect: forward: the heads' outputs do not go through the second linear layer
// exercise: forward
        let qkv = self.qkv.forward(x);
        let attended = self_attention(&qkv, self.heads, mask);
        let (output, padding) = (attended.output.clone(), mask.padding.cloned());
        self.kept.push(Kept { qkv, attended, causal: mask.causal, padding });
        output
// exercise: end
