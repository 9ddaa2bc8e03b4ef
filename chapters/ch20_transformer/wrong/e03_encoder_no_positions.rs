// expect: forward: the positions are missing
// exercise: forward
        let mut x = self.dropout.forward(self.embedding.forward(ids));
        for block in &mut self.blocks {
            x = block.forward(x, mask);
        }
        self.norm.forward(x)
// exercise: end
