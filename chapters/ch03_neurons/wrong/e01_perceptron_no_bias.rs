// expect: the bias did not learn
// exercise: learn
        if self.predict(x) == label {
            return false;
        }
        for (w, &x) in self.weight.iter_mut().zip(x) {
            *w += label * x;
        }
        true
// exercise: end
