// expect: steepest: the slope was taken by the rate, not by its logarithm
// exercise: steepest
        let slope = |i: &usize| {
            let run = self.rates[i + 1] - self.rates[i - 1];
            (smooth[i + 1] - smooth[i - 1]) / run
        };
        let inner = 1..(bottom + 1).min(smooth.len().saturating_sub(1));
        let best = inner.min_by(|i, j| slope(i).total_cmp(&slope(j)))?;
        Some(self.rates[best])
// exercise: end
