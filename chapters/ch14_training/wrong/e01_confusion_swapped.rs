// expect: precision: this is the recall
// exercise: scores
        let found = self.count(class, class);
        let predicted: u64 = (0..self.classes).map(|other| self.count(class, other)).sum();
        let support: u64 = (0..self.classes).map(|other| self.count(other, class)).sum();
        Scores {
            precision: ratio(found, predicted),
            recall: ratio(found, support),
            f1: ratio(2 * found, predicted + support),
            support,
        }
// exercise: end
