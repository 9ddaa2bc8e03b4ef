//! Contrastive loss of pairs (Hadsell, Chopra and LeCun 2006). PyTorch has no such function.
//!
//! With `d = |a - b|`, the Euclidean distance of two vectors:
//!
//! ```text
//! together:  l = d² / 2                     dl/da = a - b
//! apart:     l = max(0, m - d)² / 2         dl/da = -(m - d) (a - b) / d      for d < m
//! ```
//!
//! and `dl/db = -dl/da`: a spring that pulls one pair together and pushes the other away until the margin `m`. There is
//! no likelihood behind it. Two equal vectors that belong apart have no direction to go: their gradient is 0.
//!
//! Shapes: vectors `[.., features]`, labels `[..]` of 1 (together) or 0 (apart); the paper has them the other way round.

use ch01_tensors::{Array, Float, Num};
use ch04_losses::Reduction;

use crate::pairs::{hinge, pairs};

/// Contrastive loss with its margin.
#[derive(Clone, Copy, Debug)]
pub struct Contrastive {
    /// How far apart is far enough.
    pub margin: f64,
    /// How the pairs become one number.
    pub reduction: Reduction,
}

impl Default for Contrastive {
    fn default() -> Self {
        Contrastive { margin: 1.0, reduction: Reduction::Mean }
    }
}

// ANCHOR: contrastive
impl Contrastive {
    /// The loss of pairs of vectors.
    ///
    /// # Panics
    /// When a shape does not fit, or a label is neither 1 nor 0.
    #[track_caller]
    pub fn forward<T: Float, L: Num>(&self, a: &Array<T>, b: &Array<T>, labels: &Array<L>) -> Array<T> {
        let together = pairs("contrastive", a, b, labels, 1.0, 0.0);
        let (margin, half) = (T::from_f64(self.margin), T::from_f64(0.5));
        let term = |d: T, together: bool| {
            let stretch = if together { d } else { hinge(margin - d) };
            half * stretch * stretch
        };
        self.reduction.forward(length(a - b).zip_to("contrastive", &together, term).squeeze(-1))
    }

    /// The gradients with respect to both vectors.
    ///
    /// # Panics
    /// As [`forward`](Contrastive::forward), or when `grad` does not have the shape of the reduced loss.
    #[track_caller]
    pub fn backward<T: Float, L: Num>(
        &self,
        grad: &Array<T>,
        a: &Array<T>,
        b: &Array<T>,
        labels: &Array<L>,
    ) -> (Array<T>, Array<T>) {
        let together = pairs("contrastive backward", a, b, labels, 1.0, 0.0);
        let g = self.reduction.backward(grad, labels.shape()).unsqueeze(-1);
        let margin = T::from_f64(self.margin);
        let factor = length(a - b).zip_to("contrastive backward", &together, |d, together| match d {
            _ if together => T::ONE,
            d if d == T::ZERO => T::ZERO,
            d => -hinge(margin - d) / d,
        });
        let da = (a - b) * &(factor * &g);
        let db = -&da;
        (da, db)
    }
}
// ANCHOR_END: contrastive

/// The Euclidean length of vectors, `[.., 1]`.
#[track_caller]
fn length<T: Float>(v: Array<T>) -> Array<T> {
    v.map(|x| x * x).sum(-1, true).sqrt()
}
