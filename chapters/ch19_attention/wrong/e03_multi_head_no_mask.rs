// expect: forward: the mask is not used
// exercise: forward
        let qkv = self.qkv.forward(x);
        let Attended { output, log_sums } = self_attention(&qkv, self.heads, &Mask::NONE);
        let padding = mask.padding.cloned();
        self.kept.push(Kept { qkv, log_sums, causal: mask.causal, padding });
        self.output.forward(output)
// exercise: end
