//! Mean squared error: `(x - y)²` (`torch.nn.functional.mse_loss`).
//!
//! It is the negative log-likelihood of targets that scatter normally around the prediction with a fixed spread:
//! `-ln N(y; x, σ²) = (x - y)² / 2σ² + const`.
//!
//! Shapes: `x` and `y` are equal, of any shape. Left out: a learned spread.

use ch01_tensors::{Array, Float};
use ch04_losses::{Reduction, same_shape};

// ANCHOR: mse
/// `(x - y)²`, reduced. `x` is the prediction, `y` the target, of the same shape.
///
/// # Panics
/// When the shapes differ: broadcasting here would hide a mistake.
#[track_caller]
pub fn mse<T: Float>(x: &Array<T>, y: &Array<T>, reduction: Reduction) -> Array<T> {
    same_shape("mse", x, y);
    reduction.forward((x - y).map(|d| d * d))
}

/// `dL/dx = 2 g (x - y)`, with `g` the gradient of each term; that of `y` is its negative.
///
/// # Panics
/// When the shapes differ, or `grad` does not have the shape of the reduced loss.
#[track_caller]
pub fn mse_backward<T: Float>(grad: &Array<T>, x: &Array<T>, y: &Array<T>, reduction: Reduction) -> Array<T> {
    same_shape("mse_backward", x, y);
    let g = reduction.backward(grad, x.shape());
    (x - y) * T::from_f64(2.0) * &g
}
// ANCHOR_END: mse
