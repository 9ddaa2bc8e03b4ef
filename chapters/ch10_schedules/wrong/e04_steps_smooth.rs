// expect: Step: the power is not whole: the rate falls at every step
// exercise: step
        self.rate * self.factor.powf(step as f64 / self.every as f64)
// exercise: end
