// expect: verdicts with NaN: NaN must never become the best: nothing is better than NaN
// exercise: observe
        let better = match (self.best, self.goal) {
            (None, _) => true,
            (Some(best), Goal::Smallest) => value < best - self.min_delta,
            (Some(best), Goal::Largest) => value > best + self.min_delta,
        };
        self.observed += 1;
        if better {
            self.best = Some(value);
            self.best_at = self.observed - 1;
            return Verdict::Improved;
        }
        if self.waited() >= self.patience { Verdict::Stop } else { Verdict::Waiting }
// exercise: end
