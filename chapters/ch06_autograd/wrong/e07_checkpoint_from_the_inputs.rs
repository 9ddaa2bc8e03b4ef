// expect: requires a gradient and is used by the function without being among its inputs
// exercise: recompute
            enable_grad(|| (self.0)(x))
// exercise: end
