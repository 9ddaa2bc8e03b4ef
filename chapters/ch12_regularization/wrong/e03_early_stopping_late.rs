// expect: verdicts on losses: stops one observation too late: the patience-th failure in a row stops
// exercise: observe
        let better = match (self.best, self.goal) {
            (None, _) => !value.is_nan(),
            (Some(best), Goal::Smallest) => value < best - self.min_delta,
            (Some(best), Goal::Largest) => value > best + self.min_delta,
        };
        self.observed += 1;
        if better {
            self.best = Some(value);
            self.best_at = self.observed - 1;
            return Verdict::Improved;
        }
        if self.waited() > self.patience { Verdict::Stop } else { Verdict::Waiting }
// exercise: end
