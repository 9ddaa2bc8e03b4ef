// expect: how often each is drawn: below `keep` it is the other outcome
// exercise: draw
        if rng.uniform() >= self.keep[column] { column } else { self.other[column] as usize }
// exercise: end
