//! Softplus: `ln(1 + e^βx) / β`, a smooth ReLU (Dugas et al. 2001; `torch.nn.functional.softplus`).
//!
//! `ln(1 + e^z) = max(z, 0) + ln(1 + e^-|z|)`: the right side cannot overflow. Where `βx` is above the threshold, the
//! function is taken to be `x` itself, as in PyTorch. The slope is `σ(βx)`, or 1 above the threshold.

use ch01_tensors::{Array, Float};

use crate::sigmoid::sigmoid_at;
use crate::{math, simd};

// ANCHOR: softplus
/// `ln(1 + e^z)` of one number, for any z.
#[inline(always)]
pub fn softplus_at<T: Float>(z: T) -> T {
    let positive = if z < T::ZERO { T::ZERO } else { z };
    positive + math::ln_1p(math::exp_low(-z.abs()))
}

/// Softplus of every element; PyTorch's defaults are `beta` 1 and `threshold` 20.
pub fn softplus<T: Float>(x: Array<T>, beta: f64, threshold: f64) -> Array<T> {
    let [beta, inverse, threshold] = [beta, 1.0 / beta, threshold].map(T::from_f64);
    simd::map(x, move |x| {
        let z = beta * x;
        if z > threshold { x } else { softplus_at(z) * inverse }
    })
}

/// `dL/dx = g σ(βx)`, and `g` above the threshold, for `g = dL/dy` and the input `x`.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn softplus_backward<T: Float>(grad: Array<T>, x: &Array<T>, beta: f64, threshold: f64) -> Array<T> {
    let [beta, threshold] = [beta, threshold].map(T::from_f64);
    simd::zip("softplus_backward", grad, x, move |g, x| {
        let z = beta * x;
        if z > threshold { g } else { g * sigmoid_at(z) }
    })
}
// ANCHOR_END: softplus
