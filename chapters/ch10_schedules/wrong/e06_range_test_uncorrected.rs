// expect: smoothed: not corrected for the beginning at 0: the first losses look small
// exercise: smoothed
        let mut mean = 0.0;
        let next = |loss: &f64| {
            mean = Self::SMOOTHING * mean + (1.0 - Self::SMOOTHING) * loss;
            mean
        };
        self.losses.iter().map(next).collect()
// exercise: end
