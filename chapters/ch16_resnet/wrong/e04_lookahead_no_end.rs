// expect: weights after the last step: the fast weights instead of the slow ones
// exercise: step
        if step.is_multiple_of(self.every) {
            let rest = T::from_f64(1.0 - (self.share)(step));
            each(&mut self.slow, module, |_, fast, slow| {
                slow.zip_assign("Lookahead", fast, |s, w| s + (w - s) * rest);
            });
            each(&mut self.slow, module, |_, fast, slow| fast.zip_assign("Lookahead", slow, |_, s| s));
        }
// exercise: end
