// expect: output: the second branch got the output of the first: that is a chain
// exercise: forward
        let mut x = x;
        for (i, branch) in self.branches.iter_mut().enumerate() {
            let _inside = context::enter(i);
            x = branch.forward(x);
            outputs.push(x.clone());
        }
// exercise: end
