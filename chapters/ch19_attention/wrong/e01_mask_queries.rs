// expect: padding: the padding of the queries was looked up, not that of the keys
// exercise: allows
        let not_later = !self.causal || key <= query;
        let real = self.padding.is_none_or(|real| real[[batch, query]]);
        not_later && real
// exercise: end
