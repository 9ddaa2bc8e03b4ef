//! The perceptron: a weighted sum and a threshold, and the rule by which it learns (Rosenblatt 1958).
//!
//! It says +1 where `w·x + b > 0` and -1 elsewhere. Shown an example with label `y` that it gets wrong, it adds `y x` to
//! `w` and `y` to `b`. If some hyperplane separates the classes, it makes at most `(R / γ)²` mistakes in all (Novikoff
//! 1962): `R` the length of the longest `(x, 1)`, `γ` the distance of the nearest one from the best hyperplane through 0.

use ch01_tensors::{Array, Float, fail};

/// A weighted sum, a bias and a threshold at 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Perceptron<T: Float = f64> {
    /// One weight per feature.
    pub weight: Vec<T>,
    /// What is added to the weighted sum.
    pub bias: T,
}

impl<T: Float> Perceptron<T> {
    /// All weights and the bias 0.
    pub fn new(features: usize) -> Self {
        Perceptron { weight: vec![T::ZERO; features], bias: T::ZERO }
    }

    // ANCHOR: perceptron
    /// +1 where `w·x + b > 0`, else -1.
    pub fn predict(&self, x: &[T]) -> T {
        // exercise: predict - Give 1 where w·x + b > 0 and -1 elsewhere.
        let sum = self.weight.iter().zip(x).fold(self.bias, |sum, (&w, &x)| sum + w * x);
        if sum > T::ZERO { T::ONE } else { -T::ONE }
        // exercise: end
    }

    /// Learns from one example with label +1 or -1. Returns whether it was a mistake.
    pub fn learn(&mut self, x: &[T], label: T) -> bool {
        // exercise: learn - If the prediction is right, change nothing and return false. Else add label * x to the
        // weight and the label to the bias, and return true.
        if self.predict(x) == label {
            return false;
        }
        for (w, &x) in self.weight.iter_mut().zip(x) {
            *w += label * x;
        }
        self.bias += label;
        true
        // exercise: end
    }
    // ANCHOR_END: perceptron

    /// Goes through the rows of `x`, `[n, features]`, with their labels, `[n]`, until an epoch passes without a mistake
    /// or there have been `epochs`. Returns the mistakes of each epoch; the last is 0 if it has converged.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn train(&mut self, x: &Array<T>, labels: &Array<T>, epochs: usize) -> Vec<usize> {
        if x.ndim() != 2 || x.dim(1) != self.weight.len() || *labels.shape() != [x.dim(0)] {
            fail(
                "Perceptron::train",
                format_args!(
                    "examples {:?} and labels {:?} for {} features: need [n, features] and [n]",
                    x.shape(),
                    labels.shape(),
                    self.weight.len()
                ),
            );
        }
        let (rows, labels) = (x.to_vec(), labels.to_vec());
        let mut mistakes = Vec::new();
        while mistakes.len() < epochs && mistakes.last() != Some(&0) {
            let examples = rows.chunks(self.weight.len().max(1)).zip(&labels);
            mistakes.push(examples.filter(|(x, label)| self.learn(x, **label)).count());
        }
        mistakes
    }
}
