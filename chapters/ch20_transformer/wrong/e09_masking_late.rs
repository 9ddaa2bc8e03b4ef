// expect: the label is what is shown, not what stood there
// exercise: draw
            if !self.words.contains(id) || rng.uniform() >= self.rate {
                continue;
            }
            let what = rng.uniform();
            if what < 0.8 {
                *id = self.mask;
            } else if what < 0.9 {
                *id = self.words.start + rng.below(self.words.len()) as u32;
            }
            *label = i64::from(*id);
// exercise: end
