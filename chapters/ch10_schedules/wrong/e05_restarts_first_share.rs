// expect: times 2: the share is over the length of the first wave
// exercise: rate
        let (mut step, mut period) = (step, self.period.max(1));
        while step >= period {
            step -= period;
            period *= self.times.max(1);
        }
        cosine(self.peak, self.floor, step as f64 / self.period as f64)
// exercise: end
