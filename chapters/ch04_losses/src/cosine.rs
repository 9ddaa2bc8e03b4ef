//! Cosine embedding loss (`torch.nn.functional.cosine_embedding_loss`).
//!
//! The angle between two vectors, whatever their lengths. With `A = |a|² + ε`, `B = |b|² + ε`, `c = a·b / sqrt(A B)`:
//!
//! ```text
//! together (1):  l = 1 - c                 apart (-1):  l = max(0, c - m)
//! dc/da = b / sqrt(A B) - c a / A          dc/db = a / sqrt(A B) - c b / B
//! ```
//!
//! `dc/da` is at right angles to `a` (but for `ε`): a gradient step turns the vector and does not stretch it towards the
//! other. `ε = 1e-12`, as in PyTorch, keeps zero vectors finite. There is no likelihood behind it.
//!
//! Shapes: vectors `[.., features]`, labels `[..]` of 1 or -1.

use ch01_tensors::{Array, Float, Num};
use ch04_losses::Reduction;

use crate::pairs::{hinge, pairs};

/// Cosine embedding loss with its margin.
#[derive(Clone, Copy, Debug, Default)]
pub struct CosineEmbedding {
    /// Below this cosine, vectors that belong apart are apart; from -1 to 1, 0 unless told.
    pub margin: f64,
    /// How the pairs become one number.
    pub reduction: Reduction,
}

// ANCHOR: cosine
impl CosineEmbedding {
    /// The loss of pairs of vectors.
    ///
    /// # Panics
    /// When a shape does not fit, or a label is neither 1 nor -1.
    #[track_caller]
    pub fn forward<T: Float, L: Num>(&self, a: &Array<T>, b: &Array<T>, labels: &Array<L>) -> Array<T> {
        let together = pairs("cosine_embedding", a, b, labels, 1.0, -1.0);
        let margin = T::from_f64(self.margin);
        let term = |c: T, together| if together { T::ONE - c } else { hinge(c - margin) };
        self.reduction.forward(Cosine::new(a, b).c.zip_to("cosine_embedding", &together, term).squeeze(-1))
    }

    /// The gradients with respect to both vectors.
    ///
    /// # Panics
    /// As [`forward`](CosineEmbedding::forward), or when `grad` does not have the shape of the reduced loss.
    #[track_caller]
    pub fn backward<T: Float, L: Num>(
        &self,
        grad: &Array<T>,
        a: &Array<T>,
        b: &Array<T>,
        labels: &Array<L>,
    ) -> (Array<T>, Array<T>) {
        let together = pairs("cosine_embedding backward", a, b, labels, 1.0, -1.0);
        let g = self.reduction.backward(grad, labels.shape()).unsqueeze(-1);
        let cosine = Cosine::new(a, b);
        let margin = T::from_f64(self.margin);
        let sign = cosine.c.zip_to("cosine_embedding backward", &together, |c, together| match together {
            true => -T::ONE,
            false if c > margin => T::ONE,
            false => T::ZERO,
        });
        let g = sign * &g;
        let (over_ab, c) = (cosine.over_ab, cosine.c);
        let da = (b * &over_ab - a * &(&c / &cosine.aa)) * &g;
        let db = (a * &over_ab - b * &(&c / &cosine.bb)) * &g;
        (da, db)
    }
}
// ANCHOR_END: cosine

/// The parts of the cosine of pairs of vectors, each `[.., 1]`.
struct Cosine<T: Float> {
    /// `|a|² + ε`.
    aa: Array<T>,
    /// `|b|² + ε`.
    bb: Array<T>,
    /// `1 / sqrt(A B)`, as a product of two roots, since `A B` may overflow.
    over_ab: Array<T>,
    /// The cosine.
    c: Array<T>,
}

impl<T: Float> Cosine<T> {
    #[track_caller]
    fn new(a: &Array<T>, b: &Array<T>) -> Self {
        let dot = |x: &Array<T>, y: &Array<T>| (x * y).sum(-1, true);
        let eps = T::from_f64(1e-12);
        let (aa, bb) = (dot(a, a) + eps, dot(b, b) + eps);
        let over_ab = aa.zip_to("cosine_embedding", &bb, |x, y| T::ONE / (x.sqrt() * y.sqrt()));
        let c = dot(a, b) * &over_ab;
        Cosine { aa, bb, over_ab, c }
    }
}
