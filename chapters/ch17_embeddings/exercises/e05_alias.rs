//! Drawing from any finite distribution in constant time (Walker 1977, built as Vose 1991 does).
//!
//! Lay `n` columns of height 1 beside each other and cut the `n` probabilities, each times `n`, into pieces that fill them,
//! with at most two outcomes in a column: its own at the bottom, another above. To draw, take a column evenly, then a height
//! evenly: below `keep[column]` it is the column itself, above it is `other[column]`.
//!
//! It can always be done: while columns are left there is one that needs no more than its height (the mean is 1) and one that
//! has at least its height; the second fills up the first, keeps the rest of its own probability, and one column is done.

use ch01_tensors::{Rng, fail};

/// A distribution over `0..len`, prepared for drawing.
pub struct AliasTable {
    keep: Vec<f64>,
    other: Vec<u32>,
}

impl AliasTable {
    /// The distribution with these weights, in proportion.
    ///
    /// # Panics
    /// When there are no weights, when one is negative or not finite, or when all are 0.
    #[track_caller]
    pub fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        if !(total > 0.0 && total.is_finite()) || weights.iter().any(|&weight| weight < 0.0) {
            let count = weights.len();
            fail(
                "AliasTable",
                format_args!("{count} weights with a sum of {total}: need some above 0, none below"),
            );
        }
        let count = weights.len();
        // What is left of each outcome, in columns.
        let mut left: Vec<f64> = weights.iter().map(|weight| weight / total * count as f64).collect();
        let (mut low, mut high): (Vec<usize>, Vec<usize>) = (0..count).partition(|&i| left[i] < 1.0);
        let (mut keep, mut other) = (vec![1.0; count], (0..count as u32).collect::<Vec<u32>>());
        while let (Some(&small), Some(&large)) = (low.last(), high.last()) {
            low.pop();
            // Yours: Column `small` holds what is left of `small`, and `large` above it. Set `keep` and `other` of the
            // column, and take what went into it away from what is left of `large`.
            todo!();
            if left[large] < 1.0 {
                high.pop();
                low.push(large);
            }
        }
        AliasTable { keep, other }
    }

    /// Draws an outcome.
    pub fn draw(&self, rng: &mut Rng) -> usize {
        let column = rng.below(self.keep.len());
        // Yours: A height, drawn evenly from 0 to 1, decides between the column and the other outcome in it.
        todo!()
    }

    /// The probability with which each outcome is drawn: what stands in all columns, added up.
    pub fn probabilities(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.keep.len()];
        for (column, (&keep, &other)) in self.keep.iter().zip(&self.other).enumerate() {
            sums[column] += keep;
            sums[other as usize] += 1.0 - keep;
        }
        sums.iter().map(|sum| sum / self.keep.len() as f64).collect()
    }
}
