// expect: accumulation: the mean of the means: the example of the small last part counts twice
// exercise: add
        self.examples += 1;
        examples as f64 / examples as f64
// exercise: end
