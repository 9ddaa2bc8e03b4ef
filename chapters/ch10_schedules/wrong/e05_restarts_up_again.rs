// expect: times 1: no restart: the cosine comes up again the way it went down
// exercise: rate
        cosine(self.peak, self.floor, step as f64 / self.period as f64)
// exercise: end
