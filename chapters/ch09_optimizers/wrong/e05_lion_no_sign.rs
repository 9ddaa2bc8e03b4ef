// expect: Lion: the step has the size of the mixture: only its sign counts
// exercise: update
        let mixed = self.direction * m + self.direction_new * grad;
        (self.keep * value - self.rate * mixed, [self.mean * m + self.mean_new * grad])
// exercise: end
