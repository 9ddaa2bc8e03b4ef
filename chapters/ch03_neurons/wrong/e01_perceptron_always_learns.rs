// expect: changed the weights although the prediction was right
// exercise: learn
        let mistake = self.predict(x) != label;
        for (w, &x) in self.weight.iter_mut().zip(x) {
            *w += label * x;
        }
        self.bias += label;
        mistake
// exercise: end
