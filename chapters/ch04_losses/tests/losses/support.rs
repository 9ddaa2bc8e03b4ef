//! What the tests of the losses share.

use ch01_tensors::{Array, Float, Rng, Shape};
use ch04_losses::Reduction;

pub const REDUCTIONS: [Reduction; 4] =
    [Reduction::Mean, Reduction::Sum, Reduction::BatchMean, Reduction::None];

/// A gradient from above that differs from element to element, the same here and in tests/golden/make_ch04.py:
/// 0.75, 1.0, 1.25, .. 2.25, 0.75, ..
pub fn upstream<T: Float>(shape: &Shape) -> Array<T> {
    let size = shape.size();
    let values: Vec<T> = (0..size).map(|i| T::from_f64(0.75 + 0.25 * (i % 7) as f64)).collect();
    Array::from_slice(&values, *shape)
}

/// The loss as one number, whatever its reduction: weighted by [`upstream`].
pub fn weighted(loss: Array<f64>) -> f64 {
    let weights = upstream(loss.shape());
    (loss * &weights).sum_all()
}

/// Normal numbers with the given spread.
pub fn normal(shape: impl Into<Shape>, std: f64, rng: &mut Rng) -> Array<f64> {
    Array::normal(shape, 0.0, std, rng)
}

/// Labels below `classes`.
pub fn labels(shape: impl Into<Shape>, classes: usize, rng: &mut Rng) -> Array<i64> {
    Array::from_fn(shape, |_| rng.below(classes) as i64)
}

/// Rows of probabilities along axis 1 of `[batch, classes, ..]`.
pub fn probabilities(shape: impl Into<Shape>, rng: &mut Rng) -> Array<f64> {
    let e = normal(shape, 1.0, rng).exp();
    let sum = e.sum(1, true);
    e / &sum
}
