// expect: gradient of x: it is 0: the second computation was not recorded
// exercise: recompute
            no_grad(|| (self.0)(&ends))
// exercise: end
