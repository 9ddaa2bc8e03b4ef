// expect: gradient of the input: only the first branch counts: the input was used twice
// exercise: backward
        let mut dx = None;
        for (i, (branch, part)) in self.branches.iter_mut().zip(parts).enumerate().rev() {
            let _inside = context::enter(i);
            dx = Some(branch.backward(part));
        }
        dx.expect("a Parallel that has run has branches")
// exercise: end
