//! Softmax: `y_i = e^x_i / Σ_j e^x_j` along one axis (`torch.softmax`): any numbers become probabilities.
//!
//! Subtracting the largest `x` from all changes nothing, because numerator and denominator shrink by the same factor, but
//! without it `e^89` overflows in 32 bits. The largest term is then `e^0 = 1`, so the sum is at least 1.
//!
//! `∂y_i/∂x_j = y_i ([i = j] - y_j)`, so with `g = dL/dy`: `dL/dx_j = y_j (g_j - Σ_i g_i y_i)`. A row that is -inf
//! throughout (everything masked) gives NaN, as in PyTorch.

use ch01_tensors::{Array, Float};
use ch03_neurons::{math, rows::along_axis, simd};

/// Softmax along `axis` (-1 is the last).
///
/// # Panics
/// When there is no such axis.
#[track_caller]
pub fn softmax<T: Float>(x: Array<T>, axis: isize) -> Array<T> {
    along_axis("softmax", x, None, axis, Softmax)
}

/// Replaces rows of `length` elements by their softmax, at most [`simd::TOGETHER`] of them.
#[inline(always)]
fn softmax_rows<T: Float>(x: &mut [T], length: usize) {
    // Yours: For each row: subtract the largest element, take exponentials, divide by their sum. The rows are
    // `x.chunks_mut(length)`; `simd::max(row)` is the largest element, `simd::sum(row, |x| x)` the sum, `math::exp(x)` e^x of
    // one number. `simd::update(row, f)` replaces every x by f(x); `math::ExpLess(m)` is such an f, the one with e^(x - m).
    todo!()
}

/// `dL/dx_j = y_j (g_j - Σ_i g_i y_i)`, for `g = dL/dy` and the output `y`.
///
/// # Panics
/// When the shapes differ or there is no such axis.
#[track_caller]
pub fn softmax_backward<T: Float>(grad: Array<T>, y: &Array<T>, axis: isize) -> Array<T> {
    along_axis("softmax_backward", grad, Some(y), axis, SoftmaxBackward)
}

/// Replaces one row of gradients of the output by those of the input.
#[inline(always)]
fn softmax_backward_row<T: Float>(g: &mut [T], y: &[T]) {
    // Yours: dL/dx_j = y_j (g_j - Σ_i g_i y_i). `simd::dot(g, y)` is the sum, and
    // `simd::update_with(g, y, f)` replaces every g by f(g, y).
    todo!()
}

/// The passes over rows as types, so that they are inlined (see [`simd::Rows`]).
#[derive(Clone, Copy)]
struct Softmax;
#[derive(Clone, Copy)]
struct SoftmaxBackward;

impl<T: Float> simd::Rows<T> for Softmax {
    #[inline(always)]
    fn rows(self, x: &mut [T], _: &[T], length: usize) {
        softmax_rows(x, length);
    }
}

impl<T: Float> simd::Rows<T> for SoftmaxBackward {
    #[inline(always)]
    fn rows(self, g: &mut [T], y: &[T], length: usize) {
        for (g, y) in g.chunks_mut(length).zip(y.chunks(length)) {
            softmax_backward_row(g, y);
        }
    }
}
