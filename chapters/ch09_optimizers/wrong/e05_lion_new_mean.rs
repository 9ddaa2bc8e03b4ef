// expect: Lion: the direction is that of the new mean
// exercise: update
        let m = self.mean * m + self.mean_new * grad;
        (self.keep * value - self.rate * sign(m), [m])
// exercise: end
