//! Mean absolute error, or L1: `|x - y|` (`torch.nn.functional.l1_loss`).
//!
//! It is the negative log-likelihood of Laplace noise: `p(y; x) = exp(-|x - y| / b) / 2b`. The best constant
//! prediction is the median, where MSE's is the mean: so a single wild target hardly moves it.
//!
//! The slope is -1 or 1. At `x = y` there is none; PyTorch takes 0, and so do we.

use ch01_tensors::{Array, Float};
use ch04_losses::{Reduction, same_shape};

// ANCHOR: mae
/// `|x - y|`, reduced. `x` is the prediction, `y` the target, of the same shape.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn mae<T: Float>(x: &Array<T>, y: &Array<T>, reduction: Reduction) -> Array<T> {
    same_shape("mae", x, y);
    reduction.forward((x - y).abs())
}

/// `dL/dx = g sign(x - y)`, with `g` the gradient of each term; that of `y` is its negative.
///
/// # Panics
/// When the shapes differ, or `grad` does not have the shape of the reduced loss.
#[track_caller]
pub fn mae_backward<T: Float>(grad: &Array<T>, x: &Array<T>, y: &Array<T>, reduction: Reduction) -> Array<T> {
    same_shape("mae_backward", x, y);
    let g = reduction.backward(grad, x.shape());
    (x - y).map(sign) * &g
}
// ANCHOR_END: mae

/// -1, 0 or 1; NaN stays NaN.
fn sign<T: Float>(d: T) -> T {
    if d > T::ZERO {
        T::ONE
    } else if d < T::ZERO {
        -T::ONE
    } else {
        d
    }
}
