// expect: macro F1: F1 of the mean precision and recall
// exercise: macro
        let all = || (0..self.classes).map(|class| self.scores(class));
        let mean = |sum: f64| sum / self.classes as f64;
        let precision = mean(all().map(|s| s.precision).sum());
        let recall = mean(all().map(|s| s.recall).sum());
        Scores { precision, recall, f1: 2.0 * precision * recall / (precision + recall), support: self.total() }
// exercise: end
