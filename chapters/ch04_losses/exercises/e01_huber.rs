//! Huber's loss: a parabola that goes on as a straight line (`torch.nn.functional.huber_loss`, `smooth_l1_loss`).
//!
//! With `d = x - y`:
//!
//! - `h(d) = d² / 2` for `|d| <= δ`, and `δ (|d| - δ/2)` beyond: value and slope meet at `δ`;
//! - `h'(d) = d` brought into `[-δ, δ]`: no single target pulls harder than `δ`.
//!
//! Smooth L1 (Girshick 2015) is the same divided by `β = δ`, so that the slope beyond is 1. Huber (1964) found it as
//! the best estimate when part of the noise is normal and the rest arbitrary: it is the negative log-likelihood of a
//! density that is normal in the middle with exponential tails.
//!
//! Shapes: `x` and `y` are equal, of any shape.

use ch01_tensors::{Array, Float, fail};
use ch04_losses::{Reduction, mae, mae_backward, same_shape};

/// Huber's loss with corner `delta`, reduced. `x` is the prediction, `y` the target, of the same shape.
///
/// # Panics
/// When the shapes differ, or `delta` is not above 0.
#[track_caller]
pub fn huber<T: Float>(x: &Array<T>, y: &Array<T>, delta: f64, reduction: Reduction) -> Array<T> {
    same_shape("huber", x, y);
    let (delta, half): (T, T) = (positive("huber", delta), T::from_f64(0.5));
    // Yours: One term for each element: d²/2 where |d| <= delta, else delta (|d| - delta/2), for
    // d = x - y. Then reduce.
    todo!()
}

/// `dL/dx = g d` where `|d| <= delta`, else `g delta sign(d)`; that of `y` is its negative.
///
/// # Panics
/// When the shapes differ, `delta` is not above 0, or `grad` does not have the shape of the reduced loss.
#[track_caller]
pub fn huber_backward<T: Float>(
    grad: &Array<T>,
    x: &Array<T>,
    y: &Array<T>,
    delta: f64,
    reduction: Reduction,
) -> Array<T> {
    same_shape("huber_backward", x, y);
    let delta = positive::<T>("huber_backward", delta);
    let g = reduction.backward(grad, x.shape());
    // Yours: The slope of each term times its `g`. The slope is d, but never beyond ±delta.
    todo!()
}

/// Smooth L1 with corner `beta`: Huber's loss divided by `beta`; L1 for `beta = 0`.
///
/// # Panics
/// When the shapes differ, or `beta` is negative.
#[track_caller]
pub fn smooth_l1<T: Float>(x: &Array<T>, y: &Array<T>, beta: f64, reduction: Reduction) -> Array<T> {
    same_shape("smooth_l1", x, y);
    if beta == 0.0 {
        return mae(x, y, reduction);
    }
    positive::<T>("smooth_l1", beta);
    huber(x, y, beta, reduction) / T::from_f64(beta)
}

/// The gradient of [`smooth_l1`] with respect to `x`; that of `y` is its negative.
///
/// # Panics
/// When the shapes differ, `beta` is negative, or `grad` does not have the shape of the reduced loss.
#[track_caller]
pub fn smooth_l1_backward<T: Float>(
    grad: &Array<T>,
    x: &Array<T>,
    y: &Array<T>,
    beta: f64,
    reduction: Reduction,
) -> Array<T> {
    same_shape("smooth_l1_backward", x, y);
    if beta == 0.0 {
        return mae_backward(grad, x, y, reduction);
    }
    positive::<T>("smooth_l1_backward", beta);
    huber_backward(grad, x, y, beta, reduction) / T::from_f64(beta)
}

#[track_caller]
fn positive<T: Float>(operation: &str, delta: f64) -> T {
    if delta.is_nan() || delta <= 0.0 {
        fail(operation, format_args!("the corner must be above 0, not {delta}"));
    }
    T::from_f64(delta)
}
