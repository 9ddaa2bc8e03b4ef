// expect: chosen words that stay as they are have no label
// exercise: draw
            if !self.words.contains(id) || rng.uniform() >= self.rate {
                continue;
            }
            let what = rng.uniform();
            if what < 0.9 {
                *label = i64::from(*id);
                *id = if what < 0.8 { self.mask } else { self.words.start + rng.below(self.words.len()) as u32 };
            }
// exercise: end
