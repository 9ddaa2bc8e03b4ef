// expect: forward: the heads' outputs do not go through the second linear layer
// exercise: forward
        let qkv = self.qkv.forward(x);
        let Attended { output, log_sums } = self_attention(&qkv, self.heads, mask);
        let padding = mask.padding.cloned();
        self.kept.push(Kept { qkv, log_sums, causal: mask.causal, padding });
        output
// exercise: end
