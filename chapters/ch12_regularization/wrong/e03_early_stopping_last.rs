// expect: verdicts on losses: compared with the value before instead of the best one
// exercise: observe
        let better = match (self.best, self.goal) {
            (None, _) => !value.is_nan(),
            (Some(last), Goal::Smallest) => value < last - self.min_delta,
            (Some(last), Goal::Largest) => value > last + self.min_delta,
        };
        self.observed += 1;
        self.best = Some(value);
        if better {
            self.best_at = self.observed - 1;
            return Verdict::Improved;
        }
        if self.waited() >= self.patience { Verdict::Stop } else { Verdict::Waiting }
// exercise: end
