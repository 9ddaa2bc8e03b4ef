// expect: factor for p = 1/4: divided by the probability of dropping, not of keeping
// exercise: factor
        T::from_f64(1.0 / self.p())
// exercise: end
