// expect: every chosen word became [MASK]: 10 % should be random words and 10 % stay
// exercise: draw
            if !self.words.contains(id) || rng.uniform() >= self.rate {
                continue;
            }
            *label = i64::from(*id);
            *id = self.mask;
// exercise: end
