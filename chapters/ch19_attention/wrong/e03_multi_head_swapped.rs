// expect: weights: queries and keys have changed places
// exercise: weights
        let size = qkv.dim(2) / 3;
        let part = |start| split_heads(qkv.narrow(2, start, size).contiguous(), self.heads);
        attention_weights(&part(size), &part(0), mask)
// exercise: end
