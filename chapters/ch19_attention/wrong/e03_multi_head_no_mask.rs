// expect: forward: the mask is not used
// exercise: forward
        let qkv = self.qkv.forward(x);
        let attended = self_attention(&qkv, self.heads, &Mask::NONE);
        let (output, padding) = (attended.output.clone(), mask.padding.cloned());
        self.kept.push(Kept { qkv, attended, causal: mask.causal, padding });
        self.output.forward(output)
// exercise: end
