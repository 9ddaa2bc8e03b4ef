//! tanh: `(e^x - e^-x) / (e^x + e^-x)`, from -1 to 1 (`torch.tanh`).
//!
//! With `E = e^2|x| - 1` it is `sign(x) E / (E + 2)`, which keeps all digits near 0. The slope is `1 - y²`: backward needs
//! the output only.

use ch01_tensors::{Array, Float};

use crate::exp::exp_m1_f32;
use crate::{math, simd};

/// tanh x in 32 bits, without branches. Error: below 3 ulp over a sweep of all floats (tested).
#[inline(always)]
pub fn tanh_f32(x: f32) -> f32 {
    // From 10 on the result rounds to 1.
    let t = x.abs();
    let e = exp_m1_f32(2.0 * if t > 10.0 { 10.0 } else { t });
    (e / (e + 2.0)).copysign(x)
}

// ANCHOR: tanh
/// Hyperbolic tangent of every element.
pub fn tanh<T: Float>(x: Array<T>) -> Array<T> {
    simd::map(x, math::tanh)
}

/// `dL/dx = g (1 - y²)`, for `g = dL/dy` and the output `y`.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn tanh_backward<T: Float>(grad: Array<T>, y: &Array<T>) -> Array<T> {
    simd::zip("tanh_backward", grad, y, |g, y| g * (T::ONE - y * y))
}
// ANCHOR_END: tanh
