// expect: infer: inverted dropout has made up for it in training: do not scale again
// exercise: infer
        x * T::from_f64(1.0 - self.p())
// exercise: end
