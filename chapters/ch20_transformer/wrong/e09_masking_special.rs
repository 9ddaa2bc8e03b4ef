// expect: a token that is no word was chosen
// exercise: draw
            if rng.uniform() >= self.rate {
                continue;
            }
            *label = i64::from(*id);
            let what = rng.uniform();
            if what < 0.8 {
                *id = self.mask;
            } else if what < 0.9 {
                *id = self.words.start + rng.below(self.words.len()) as u32;
            }
// exercise: end
