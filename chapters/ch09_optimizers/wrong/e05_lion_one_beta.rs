// expect: Lion: the mean moves with the first beta too
// exercise: update
        let m = self.direction * m + self.direction_new * grad;
        (self.keep * value - self.rate * sign(m), [m])
// exercise: end
