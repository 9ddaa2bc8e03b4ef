// expect: steepest: looked beyond the bottom: what falls after an explosion means nothing
// exercise: steepest
        let _ = bottom;
        let slope = |i: &usize| {
            let run = (self.rates[i + 1] / self.rates[i - 1]).ln();
            (smooth[i + 1] - smooth[i - 1]) / run
        };
        let inner = 1..smooth.len().saturating_sub(1);
        let best = inner.min_by(|i, j| slope(i).total_cmp(&slope(j)))?;
        Some(self.rates[best])
// exercise: end
