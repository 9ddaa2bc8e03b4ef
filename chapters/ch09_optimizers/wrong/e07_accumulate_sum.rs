// expect: accumulation: a sum over examples: divide by their number
// exercise: finish
        let _ = module;
        self.examples = 0;
// exercise: end
