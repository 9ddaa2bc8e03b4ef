//! Which classes are taken for which: the confusion matrix, and what is read off it.
//!
//! With `n[i][j]` examples of class `i` that were predicted as class `j`:
//!
//! ```text
//! accuracy     Σ_i n[i][i] / Σ_ij n[i][j]    how many of all are right
//! precision_c  n[c][c] / Σ_i n[i][c]         of those predicted as c, how many are c      (a column)
//! recall_c     n[c][c] / Σ_j n[c][j]         of those that are c, how many were found     (a row)
//! F1_c         2 n[c][c] / (Σ_i n[i][c] + Σ_j n[c][j])    the harmonic mean of the two
//! ```
//!
//! As in scikit-learn (`confusion_matrix`, `precision_recall_fscore_support`), a ratio with nothing below is 0. Left out:
//! what needs scores rather than decisions (the area under the ROC curve, calibration).

/// Counts of (true class, predicted class).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    /// Row by row: row = true class, column = predicted class.
    counts: Vec<u64>,
}

/// How well one class is told from the others, or a mean over the classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Of the examples predicted as this class, the share that is of this class.
    pub precision: f64,
    /// Of the examples of this class, the share that was predicted as it.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// How many examples are of this class.
    pub support: u64,
}

impl Confusion {
    /// Counts pairs of a label and a prediction.
    ///
    /// # Panics
    /// When there are not as many predictions as labels, or one is not in `0..classes`.
    #[track_caller]
    pub fn new(labels: &[i64], predictions: &[i64], classes: usize) -> Self {
        assert_eq!(labels.len(), predictions.len(), "Confusion: as many predictions as labels");
        let mut counts = vec![0; classes * classes];
        for (&label, &prediction) in labels.iter().zip(predictions) {
            for class in [label, prediction] {
                assert!(
                    (0..classes as i64).contains(&class),
                    "Confusion: {class} is none of {classes} classes"
                );
            }
            // Yours: One more example of class `label` that was predicted as `prediction`: rows are labels.
            todo!()
        }
        Confusion { classes, counts }
    }

    /// The share of all examples that are right; NaN without examples.
    pub fn accuracy(&self) -> f64 {
        // Yours: The sum of the diagonal (`self.count(c, c)`) over the sum of all.
        todo!()
    }

    /// Precision, recall and F1 of one class; a ratio with nothing below is 0.
    ///
    /// # Panics
    /// When there is no such class.
    #[track_caller]
    pub fn scores(&self, class: usize) -> Scores {
        let ratio = |above: u64, below: u64| if below == 0 { 0.0 } else { above as f64 / below as f64 };
        // Yours: `found`: the examples of `class` that were predicted as it. `predicted`: all that were
        // predicted as it, a column. `support`: all that are of it, a row. `ratio(a, b)` is a / b, or 0 when b is 0.
        todo!()
    }

    /// The mean of the classes' scores, every class alike ("macro" in scikit-learn). Its F1 is the mean of the F1s.
    pub fn macro_average(&self) -> Scores {
        // Yours: Add up the scores of all classes and divide by the number of classes. The support is the
        // number of all examples.
        todo!()
    }
}

impl Confusion {
    /// Counts that were made before, `[classes, classes]`, row by row; a row is a true class.
    ///
    /// # Panics
    /// When there are not as many.
    #[track_caller]
    pub fn from_counts(counts: Vec<u64>, classes: usize) -> Self {
        assert_eq!(counts.len(), classes * classes, "Confusion: a count for each pair of classes");
        Confusion { classes, counts }
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many examples of class `label` were predicted as class `prediction`.
    ///
    /// # Panics
    /// When there is no such class.
    #[track_caller]
    pub fn count(&self, label: usize, prediction: usize) -> u64 {
        let classes = self.classes;
        assert!(label < classes && prediction < classes, "Confusion: there are only {classes} classes");
        self.counts[label * classes + prediction]
    }

    /// All counts `[classes, classes]`, row by row; a row is a true class.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many examples were counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The mean of the classes' scores, each class as often as it has examples ("weighted" in scikit-learn); NaN
    /// without examples.
    pub fn weighted_average(&self) -> Scores {
        let mean = |of: fn(&Scores) -> f64| {
            let each = (0..self.classes).map(|class| self.scores(class));
            each.map(|s| of(&s) * s.support as f64).sum::<f64>() / self.total() as f64
        };
        Scores {
            precision: mean(|s| s.precision),
            recall: mean(|s| s.recall),
            f1: mean(|s| s.f1),
            support: self.total(),
        }
    }
}
