// expect: added x whatever the label
// exercise: learn
        if self.predict(x) == label {
            return false;
        }
        for (w, &x) in self.weight.iter_mut().zip(x) {
            *w += x;
        }
        self.bias += T::ONE;
        true
// exercise: end
