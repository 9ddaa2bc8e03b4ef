// expect: mean of three runs: what was summed before is not brought to the new largest score
// exercise: see
        let largest = scores.iter().fold(self.largest, |largest, &s| Float::max(largest, s));
        if largest == T::LOWEST {
            return;
        }
        self.largest = largest;
        for (j, &score) in scores.iter().enumerate() {
            let weight = (score - largest).exp();
            self.sum += weight;
            for (a, &v) in self.values.iter_mut().zip(&values[j * size..]) {
                *a += weight * v;
            }
        }
// exercise: end
