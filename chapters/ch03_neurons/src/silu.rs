//! SiLU, also called swish: `x σ(x)` (Elfwing, Uchibe and Doya 2018; `torch.nn.functional.silu`).
//!
//! The slope is `σ(x) + x σ(x) (1 - σ(x))`.

use ch01_tensors::{Array, Float};

use crate::sigmoid::sigmoid_at;
use crate::simd;

// ANCHOR: silu
/// `x σ(x)` of every element.
pub fn silu<T: Float>(x: Array<T>) -> Array<T> {
    simd::map(x, |x| x * sigmoid_at(x))
}

/// `dL/dx = g σ(x) (1 + x (1 - σ(x)))`, for `g = dL/dy` and the input `x`.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn silu_backward<T: Float>(grad: Array<T>, x: &Array<T>) -> Array<T> {
    simd::zip("silu_backward", grad, x, |g, x| {
        let s = sigmoid_at(x);
        g * s * (T::ONE + x * (T::ONE - s))
    })
}
// ANCHOR_END: silu
