//! Binary cross-entropy on logits (`torch.nn.functional.binary_cross_entropy_with_logits`).
//!
//! It is the negative log-likelihood of a coin: `y` is 1 with probability `p = σ(x)`. With `-ln p = softplus(-x)` and
//! `-ln(1 - p) = softplus(x)`,
//!
//! ```text
//! l(x) = P y softplus(-x) + (1 - y) softplus(x)
//! dl/dx = (1 - y) σ(x) - P y σ(-x)                (σ(x) - y for P = 1)
//! ```
//!
//! `P` is the positive weight: positives count as if there were `P` of each. Targets between 0 and 1 are allowed: they
//! are the probability of a 1.
//!
//! Shapes: logits and targets are equal, of any shape; `weight` and `pos_weight` broadcast to it.

use ch01_tensors::{Array, Float, broadcast_shape, fail};
use ch03_neurons::{sigmoid_at, softplus_at};
use ch04_losses::{Reduction, same_shape};

/// Logistic function and binary cross-entropy in one, with PyTorch's options. The mean is over all terms, whatever
/// their weights, as in PyTorch.
#[derive(Clone, Debug)]
pub struct BceWithLogits<T: Float = f32> {
    /// How much each term counts; broadcasts to the logits.
    pub weight: Option<Array<T>>,
    /// How much more a positive counts than a negative; broadcasts to the logits: `[classes]` or a scalar.
    pub pos_weight: Option<Array<T>>,
    /// How the terms become one number.
    pub reduction: Reduction,
}

impl<T: Float> Default for BceWithLogits<T> {
    fn default() -> Self {
        BceWithLogits { weight: None, pos_weight: None, reduction: Reduction::Mean }
    }
}

impl<T: Float> BceWithLogits<T> {
    /// The loss of logits against targets in `0..=1` of the same shape.
    ///
    /// # Panics
    /// When the shapes differ or a weight does not broadcast to them.
    #[track_caller]
    pub fn forward(&self, logits: &Array<T>, target: &Array<T>) -> Array<T> {
        same_shape("bce_with_logits", logits, target);
        let pos_weight = self.pos_weight("bce_with_logits", logits);
        let terms: Array<T> = {
            // Yours: One term for each logit: P y (-ln σ(x)) + (1 - y) (-ln(1 - σ(x))), finite however large the
            // logit is. `softplus_at(x)` is ln(1 + e^x); `pos_weight` is P, in the shape of the logits.
            todo!()
        };
        self.reduction.forward(self.weighted("bce_with_logits", terms))
    }

    /// The gradient with respect to the logits.
    ///
    /// # Panics
    /// As [`forward`](BceWithLogits::forward), or when `grad` does not have the shape of the reduced loss.
    #[track_caller]
    pub fn backward(&self, grad: &Array<T>, logits: &Array<T>, target: &Array<T>) -> Array<T> {
        same_shape("bce_with_logits backward", logits, target);
        let pos_weight = self.pos_weight("bce_with_logits backward", logits);
        let slope: Array<T> = {
            // Yours: The slope of each term: (1 - y) σ(x) - P y σ(-x).
            todo!()
        };
        let g = self.reduction.backward(grad, logits.shape());
        self.weighted("bce_with_logits backward", slope) * &g
    }
}

impl<T: Float> BceWithLogits<T> {
    /// The positive weight read in the shape of the logits; 1 if there is none.
    #[track_caller]
    fn pos_weight(&self, operation: &str, logits: &Array<T>) -> Array<T> {
        let Some(pos_weight) = &self.pos_weight else {
            return Array::scalar(T::ONE).broadcast_to(logits.shape());
        };
        fits(operation, "pos_weight", pos_weight, logits);
        pos_weight.clone().broadcast_to(logits.shape())
    }

    /// The terms times their weights, if there are any.
    #[track_caller]
    fn weighted(&self, operation: &str, terms: Array<T>) -> Array<T> {
        let Some(weight) = &self.weight else { return terms };
        fits(operation, "weight", weight, &terms);
        terms * weight
    }
}

#[track_caller]
fn fits<T: Float>(operation: &str, name: &str, weight: &Array<T>, logits: &Array<T>) {
    let (weight, logits) = (weight.shape(), logits.shape());
    if broadcast_shape(weight, logits) != Some(*logits) {
        fail(operation, format_args!("{name} {weight:?} does not broadcast to logits {logits:?}"));
    }
}
