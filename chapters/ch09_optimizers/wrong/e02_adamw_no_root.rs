// expect: AdamW: divided by the mean of squares, not by its root
// exercise: update
        let m = self.mean * m + self.mean_new * grad;
        let v = self.square * v + self.square_new * grad * grad;
        let below = self.unbias * self.unbias * v + self.eps;
        (self.keep * value - self.size * m / below, [m, v])
// exercise: end
