// expect: gradient of the tokens: no gradient reached the table of tokens
// exercise: backward
        let mut grad = self.norm.backward(grad);
        for block in self.blocks.iter_mut().rev() {
            grad = block.backward(grad);
        }
        self.positions.backward(self.dropout.backward(grad));
// exercise: end
