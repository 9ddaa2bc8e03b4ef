// expect: weights: the fast weights go on from where they were
// exercise: step
        if step.is_multiple_of(self.every) {
            let rest = T::from_f64(1.0 - (self.share)(step));
            each(&mut self.slow, module, |_, fast, slow| {
                slow.zip_assign("Lookahead", fast, |s, w| s + (w - s) * rest);
            });
        }
        if step == self.total {
            each(&mut self.slow, module, |_, fast, slow| fast.zip_assign("Lookahead", slow, |_, s| s));
        }
// exercise: end
