// expect: accuracy: the mean of the recalls
// exercise: accuracy
        (0..self.classes).map(|class| self.scores(class).recall).sum::<f64>() / self.classes as f64
// exercise: end
