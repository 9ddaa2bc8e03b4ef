// expect: F1: the arithmetic mean
// exercise: scores
        let found = self.count(class, class);
        let predicted: u64 = (0..self.classes).map(|label| self.count(label, class)).sum();
        let support: u64 = (0..self.classes).map(|prediction| self.count(class, prediction)).sum();
        let (precision, recall) = (ratio(found, predicted), ratio(found, support));
        Scores { precision, recall, f1: (precision + recall) / 2.0, support }
// exercise: end
