//! Binary focal loss on logits (Lin et al. 2017; `torchvision.ops.sigmoid_focal_loss`).
//!
//! Binary cross-entropy, with easy examples turned down: `q` is the probability given to the wrong answer, and each
//! term is multiplied by `q^γ`, so that an example which is already right by far counts almost nothing.
//!
//! ```text
//! q = y σ(-x) + (1 - y) σ(x)          a = α y + (1 - α)(1 - y)          b = bce(x, y)
//! l(x) = a q^γ b
//! dl/dx = a (q^γ (σ(x) - y) + γ q^(γ-1) (1 - 2y) σ(x) σ(-x) b)
//! ```
//!
//! There is no likelihood behind it: it is a re-weighting, and `σ(x)` of a model trained with it is not calibrated.
//! `γ = 0` without `α` is binary cross-entropy.
//!
//! Shapes: logits and targets (0 or 1) are equal, of any shape.

use ch01_tensors::{Array, Float};
use ch03_neurons::{sigmoid_at, softplus_at};
use ch04_losses::{Reduction, same_shape};

/// Focal loss with torchvision's options; torchvision does not reduce unless told, this takes the mean.
#[derive(Clone, Copy, Debug)]
pub struct Focal {
    /// The share of positives: a positive counts `α`, a negative `1 - α`. None: both count 1.
    pub alpha: Option<f64>,
    /// How strongly easy examples are turned down; at least 0.
    pub gamma: f64,
    /// How the terms become one number.
    pub reduction: Reduction,
}

impl Default for Focal {
    fn default() -> Self {
        Focal { alpha: Some(0.25), gamma: 2.0, reduction: Reduction::Mean }
    }
}

// ANCHOR: focal
impl Focal {
    /// The loss of logits against targets of the same shape.
    ///
    /// # Panics
    /// When the shapes differ.
    #[track_caller]
    pub fn forward<T: Float>(&self, logits: &Array<T>, target: &Array<T>) -> Array<T> {
        same_shape("focal", logits, target);
        let gamma = T::from_f64(self.gamma);
        let term = |x: T, y: T| self.balance(y) * wrong(x, y).powf(gamma) * bce(x, y);
        self.reduction.forward(logits.zip_to("focal", target, term))
    }

    /// The gradient with respect to the logits.
    ///
    /// # Panics
    /// When the shapes differ, or `grad` does not have the shape of the reduced loss.
    #[track_caller]
    pub fn backward<T: Float>(&self, grad: &Array<T>, logits: &Array<T>, target: &Array<T>) -> Array<T> {
        same_shape("focal backward", logits, target);
        let g = self.reduction.backward(grad, logits.shape());
        let gamma = T::from_f64(self.gamma);
        let slope = |x: T, y: T| {
            let q = wrong(x, y);
            let from_bce = q.powf(gamma) * ((T::ONE - y) * sigmoid_at(x) - y * sigmoid_at(-x));
            // Where q is 0 the factor does not change either, but the formula would divide by 0.
            let from_factor = if q > T::ZERO {
                // dq / q first: q^(gamma - 1) overflows where q is tiny and gamma below 1.
                let dq = (T::ONE - y - y) * sigmoid_at(x) * sigmoid_at(-x);
                gamma * q.powf(gamma) * (dq / q) * bce(x, y)
            } else {
                T::ZERO
            };
            self.balance(y) * (from_bce + from_factor)
        };
        logits.zip_to("focal backward", target, slope) * &g
    }

    /// `α y + (1 - α)(1 - y)`, or 1.
    fn balance<T: Float>(&self, y: T) -> T {
        self.alpha.map_or(T::ONE, |alpha| T::from_f64(alpha) * y + T::from_f64(1.0 - alpha) * (T::ONE - y))
    }
}

/// The probability given to the wrong answer.
fn wrong<T: Float>(x: T, y: T) -> T {
    y * sigmoid_at(-x) + (T::ONE - y) * sigmoid_at(x)
}

fn bce<T: Float>(x: T, y: T) -> T {
    y * softplus_at(-x) + (T::ONE - y) * softplus_at(x)
}
// ANCHOR_END: focal
