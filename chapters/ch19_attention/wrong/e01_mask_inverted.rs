// expect: padding: true means a real token here, as the opposite of PyTorch's key_padding_mask
// exercise: allows
        let not_later = !self.causal || key <= query;
        let real = self.padding.is_none_or(|real| !real[[batch, key]]);
        not_later && real
// exercise: end
