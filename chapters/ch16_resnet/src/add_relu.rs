//! `y = max(0, x + s)`: where two paths meet, in one look at the numbers.
//!
//! The slope is 1 where `y > 0`, for both: `dL/dx = dL/ds = g [y > 0]`.

use ch01_tensors::{Array, Float};
use ch03_neurons::{relu_backward, simd};

// ANCHOR: add_relu
/// `max(0, x + s)` of every pair of elements, in place in `x` if nobody else holds it; NaN stays NaN.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn add_relu<T: Float>(x: Array<T>, s: &Array<T>) -> Array<T> {
    simd::zip("add_relu", x, s, |x, s| {
        let sum = x + s;
        if sum < T::ZERO { T::ZERO } else { sum }
    })
}

/// The gradient of `x` and of `s`, which is the same, for `grad = dL/dy` and the output `y`.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn add_relu_backward<T: Float>(grad: Array<T>, y: &Array<T>) -> Array<T> {
    relu_backward(grad, y)
}
// ANCHOR_END: add_relu
