// expect: times 2: all waves have the same length
// exercise: rate
        let period = self.period.max(1);
        cosine(self.peak, self.floor, (step % period) as f64 / period as f64)
// exercise: end
