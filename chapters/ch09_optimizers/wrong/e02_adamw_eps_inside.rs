// expect: AdamW: eps is inside the root, but belongs outside
// exercise: update
        let m = self.mean * m + self.mean_new * grad;
        let v = self.square * v + self.square_new * grad * grad;
        let root = (self.unbias * self.unbias * v + self.eps).sqrt();
        (self.keep * value - self.size * m / root, [m, v])
// exercise: end
