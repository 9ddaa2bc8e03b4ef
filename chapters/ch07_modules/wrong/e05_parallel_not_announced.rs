// expect: forward: a branch was not announced by its number
// exercise: forward
        for branch in &mut self.branches {
            outputs.push(branch.forward(x.clone()));
        }
// exercise: end
