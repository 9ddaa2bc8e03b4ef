// expect: the way down: ends where it began
// exercise: rate
        let start = self.peak / self.start_div;
        self.between(step, [start, self.peak, start])
// exercise: end
