// expect: mean of three runs: the values are brought to the new largest score, but the sum is not
// exercise: see
        let largest = scores.iter().fold(self.largest, |largest, &s| Float::max(largest, s));
        if largest == T::LOWEST {
            return;
        }
        let factor = (self.largest - largest).exp();
        self.largest = largest;
        for a in &mut self.values {
            *a *= factor;
        }
        for (j, &score) in scores.iter().enumerate() {
            let weight = (score - largest).exp();
            self.sum += weight;
            for (a, &v) in self.values.iter_mut().zip(&values[j * size..]) {
                *a += weight * v;
            }
        }
// exercise: end
