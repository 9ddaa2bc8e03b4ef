//! ReLU: `max(0, x)` (Nair and Hinton 2010; `torch.nn.functional.relu`).
//!
//! The slope is 1 above 0 and 0 below. At 0 there is none; PyTorch takes 0, and so do we.

use ch01_tensors::{Array, Float};

use crate::simd;

// ANCHOR: relu
/// `max(0, x)` of every element; NaN stays NaN.
pub fn relu<T: Float>(x: Array<T>) -> Array<T> {
    simd::map(x, |x| if x < T::ZERO { T::ZERO } else { x })
}

/// `dL/dx = g [x > 0]`, for `g = dL/dy` and the input `x`.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn relu_backward<T: Float>(grad: Array<T>, x: &Array<T>) -> Array<T> {
    simd::zip("relu_backward", grad, x, |g, x| if x > T::ZERO { g } else { T::ZERO })
}
// ANCHOR_END: relu
