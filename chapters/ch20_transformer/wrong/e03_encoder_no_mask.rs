// expect: forward: the blocks do not get the mask
// exercise: forward
        let x = self.positions.forward(self.embedding.forward(ids));
        let mut x = self.dropout.forward(x);
        for block in &mut self.blocks {
            x = block.forward(x, &Mask::NONE);
        }
        self.norm.forward(x)
// exercise: end
