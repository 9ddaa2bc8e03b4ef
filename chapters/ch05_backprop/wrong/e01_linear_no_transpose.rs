// expect: forward: multiplied by W instead of its transpose
// exercise: forward
        let y = matmul(&x, &self.weight.value);
        let y = match &self.bias {
            Some(bias) => y + &bias.value,
            None => y,
        };
        with_batch(y, batch)
// exercise: end
