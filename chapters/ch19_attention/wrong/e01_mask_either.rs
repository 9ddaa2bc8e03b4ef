// expect: both: one mask is enough to allow a key, but both must
// exercise: allows
        match (self.causal, self.padding) {
            (true, Some(real)) => key <= query || real[[batch, key]],
            (true, None) => key <= query,
            (false, Some(real)) => real[[batch, key]],
            (false, None) => true,
        }
// exercise: end
