//! Triplet margin loss (`torch.nn.functional.triplet_margin_loss`; Schroff et al. 2015 with plain distances).
//!
//! An anchor should be nearer to a positive than to a negative, by the margin `m`:
//!
//! ```text
//! l = max(0, d(a, p) - d(a, n) + m)        d(x, y) = |x - y + ε|
//! dl/da = u - v,   dl/dp = -u,   dl/dn = v     where l > 0,     u = (a - p + ε) / d(a, p),  v = (a - n + ε) / d(a, n)
//! ```
//!
//! `u` and `v` have length 1: the pull does not grow with the distance. PyTorch adds `ε` to every element of the
//! difference, so that the distance of equal vectors has a slope; so do we. With `swap`, the negative is compared with
//! whichever of anchor and positive it is nearer to (Balntas et al. 2016). There is no likelihood behind the hinge.
//!
//! Shapes: all three `[.., features]`, one loss for each vector. Left out: norms other than the Euclidean one.

use ch01_tensors::{Array, Float, fail};
use ch04_losses::Reduction;

/// Triplet loss with PyTorch's options.
#[derive(Clone, Copy, Debug)]
pub struct Triplet {
    /// By how much the negative must be farther than the positive.
    pub margin: f64,
    /// What is added to every difference.
    pub eps: f64,
    /// Whether the negative may be compared with the positive instead of the anchor.
    pub swap: bool,
    /// How the triplets become one number.
    pub reduction: Reduction,
}

impl Default for Triplet {
    fn default() -> Self {
        Triplet { margin: 1.0, eps: 1e-6, swap: false, reduction: Reduction::Mean }
    }
}

// ANCHOR: triplet
impl Triplet {
    /// The loss of anchors, positives and negatives.
    ///
    /// # Panics
    /// When the shapes differ.
    #[track_caller]
    pub fn forward<T: Float>(&self, anchor: &Array<T>, positive: &Array<T>, negative: &Array<T>) -> Array<T> {
        same("triplet", anchor, positive, negative);
        let margin = T::from_f64(self.margin);
        let mut far = self.distance(anchor, negative);
        if self.swap {
            far = far.minimum(&self.distance(positive, negative));
        }
        let terms: Array<T> = {
            // exercise: forward - The terms max(0, d(a, p) - d(a, n) + margin); `far` is d(a, n).
            let near = self.distance(anchor, positive);
            // Not `Float::max`, which would turn NaN into 0: a loss that looks perfect.
            (near - far).map(|d| if d < -margin { T::ZERO } else { d + margin })
            // exercise: end
        };
        self.reduction.forward(terms.squeeze(-1))
    }

    /// The gradients with respect to anchor, positive and negative.
    ///
    /// # Panics
    /// When the shapes differ, or `grad` does not have the shape of the reduced loss.
    #[track_caller]
    pub fn backward<T: Float>(
        &self,
        grad: &Array<T>,
        anchor: &Array<T>,
        positive: &Array<T>,
        negative: &Array<T>,
    ) -> (Array<T>, Array<T>, Array<T>) {
        same("triplet backward", anchor, positive, negative);
        let g = self.reduction.backward(grad, &anchor.shape().without(anchor.ndim() - 1)).unsqueeze(-1);
        let margin = T::from_f64(self.margin);
        let near = self.distance(anchor, positive);
        let (u, mut v) = (self.direction(anchor, positive), self.direction(anchor, negative));
        let mut far = self.distance(anchor, negative);
        let mut swapped = None;
        if self.swap {
            let other = self.distance(positive, negative);
            let nearer = other.zip_to("triplet", &far, |pn, an| if pn < an { T::ONE } else { T::ZERO });
            v = &v + (self.direction(positive, negative) - &v) * &nearer;
            far = far.minimum(&other);
            swapped = Some(nearer);
        }
        let (mut da, mut dp, dn): (Array<T>, Array<T>, Array<T>) = {
            // exercise: backward - `g` is the gradient of each loss, [.., 1], and must become 0 where the loss is 0. Then
            // the gradients of anchor, positive and negative, from `u` and `v` of the header.
            let g = (near - &far).zip("triplet", &g, |d, g| if d + margin > T::ZERO { g } else { T::ZERO });
            let (u, v) = (u * &g, v * &g);
            (&u - &v, -&u, v)
            // exercise: end
        };
        if let Some(swapped) = swapped {
            // The other end of v is the positive there, not the anchor.
            let moved = swapped * &dn;
            da += &moved;
            dp -= &moved;
        }
        (da, dp, dn)
    }

    /// `|x - y + ε|` of vectors, `[.., 1]`.
    fn distance<T: Float>(&self, x: &Array<T>, y: &Array<T>) -> Array<T> {
        let eps = T::from_f64(self.eps);
        (x - y).map(|d| (d + eps) * (d + eps)).sum(-1, true).sqrt()
    }

    /// The slope of the distance in `x`: `(x - y + ε) / |x - y + ε|`; 0 where the distance is.
    fn direction<T: Float>(&self, x: &Array<T>, y: &Array<T>) -> Array<T> {
        let divide = |v, d| if d > T::ZERO { v / d } else { T::ZERO };
        (x - y + T::from_f64(self.eps)).zip("triplet", &self.distance(x, y), divide)
    }
}
// ANCHOR_END: triplet

#[track_caller]
fn same<T: Float>(operation: &str, anchor: &Array<T>, positive: &Array<T>, negative: &Array<T>) {
    let (a, p, n) = (anchor.shape(), positive.shape(), negative.shape());
    if a != p || a != n || anchor.ndim() == 0 {
        let rule = "three arrays of vectors [.., features] of one shape are needed";
        fail(operation, format_args!("{rule}: anchor {a:?}, positive {p:?}, negative {n:?}"));
    }
}
