// expect: weights: the share is that of the fast weights
// exercise: step
        if step.is_multiple_of(self.every) {
            let share = T::from_f64((self.share)(step));
            each(&mut self.slow, module, |_, fast, slow| {
                slow.zip_assign("Lookahead", fast, |s, w| s + (w - s) * share);
            });
        }
        if step.is_multiple_of(self.every) || step == self.total {
            each(&mut self.slow, module, |_, fast, slow| fast.zip_assign("Lookahead", slow, |_, s| s));
        }
// exercise: end
