//! Sigmoid: `σ(x) = 1 / (1 + e^-x)`, from 0 to 1 (`torch.sigmoid`).
//!
//! For large negative `x`, `e^-x` overflows; `e^x / (1 + e^x)` is the same number and does not. So both sides use
//! `e = e^-|x| <= 1`. The slope is `y (1 - y)`: backward needs the output only.

use ch01_tensors::{Array, Float};
use ch03_neurons::{math, simd};

/// σ of one number, for any x, however large.
#[inline(always)]
pub fn sigmoid_at<T: Float>(x: T) -> T {
    // Yours: With e = e^-|x|, give 1 / (1 + e) for x >= 0 and e / (1 + e) below: no overflow on either side.
    // `math::exp_low` is e^x for numbers not above 0.
    todo!()
}

/// σ of every element.
pub fn sigmoid<T: Float>(x: Array<T>) -> Array<T> {
    simd::map(x, sigmoid_at)
}

/// `dL/dx = g y (1 - y)`, for `g = dL/dy` and the output `y`.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn sigmoid_backward<T: Float>(grad: Array<T>, y: &Array<T>) -> Array<T> {
    // Yours: dL/dx = g y (1 - y), where y is the output. `simd::zip("sigmoid_backward", grad, y, f)` gives
    // f(g, y) of every pair of elements.
    todo!()
}
