// expect: causal: a position may look at itself too
// exercise: allows
        let not_later = !self.causal || key < query;
        let real = self.padding.is_none_or(|real| real[[batch, key]]);
        not_later && real
// exercise: end
