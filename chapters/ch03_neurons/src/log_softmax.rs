//! Log-softmax: `y_i = x_i - ln Σ_j e^x_j` along one axis (`torch.log_softmax`): logarithms of probabilities.
//!
//! Not the logarithm of softmax: a probability below 1e-45 is 0 in 32 bits and its logarithm -inf, while `x_i` less the
//! log-sum is an ordinary number. The largest `x` is subtracted first, as in softmax.
//!
//! `∂y_i/∂x_j = [i = j] - p_j` with `p = e^y`, so with `g = dL/dy`: `dL/dx_j = g_j - e^y_j Σ_i g_i`.

use ch01_tensors::{Array, Float};

use crate::rows::along_axis;
use crate::{math, simd};

// ANCHOR: log_softmax
/// Log-softmax along `axis` (-1 is the last).
///
/// # Panics
/// When there is no such axis.
#[track_caller]
pub fn log_softmax<T: Float>(x: Array<T>, axis: isize) -> Array<T> {
    along_axis("log_softmax", x, None, axis, LogSoftmax)
}

#[inline(always)]
fn log_softmax_rows<T: Float>(x: &mut [T], length: usize) {
    let [mut largest, mut log_sum] = [[T::ZERO; simd::TOGETHER]; 2];
    for (row, largest) in x.chunks(length).zip(&mut largest) {
        *largest = simd::max(row);
    }
    for ((row, sum), &largest) in x.chunks(length).zip(&mut log_sum).zip(&largest) {
        *sum = simd::sum_of(row, math::ExpLess(largest)).ln();
    }
    for ((row, &log_sum), &largest) in x.chunks_mut(length).zip(&log_sum).zip(&largest) {
        simd::update(row, move |x| (x - largest) - log_sum);
    }
}

/// `dL/dx_j = g_j - e^y_j Σ_i g_i`, for `g = dL/dy` and the output `y`.
///
/// # Panics
/// When the shapes differ or there is no such axis.
#[track_caller]
pub fn log_softmax_backward<T: Float>(grad: Array<T>, y: &Array<T>, axis: isize) -> Array<T> {
    along_axis("log_softmax_backward", grad, Some(y), axis, LogSoftmaxBackward)
}

#[inline(always)]
fn log_softmax_backward_row<T: Float>(g: &mut [T], y: &[T]) {
    let sum = simd::sum(g, |g| g);
    simd::update_with(g, y, LogSoftmaxSlope { sum });
}
// ANCHOR_END: log_softmax

/// `g - e^y Σ g`.
#[derive(Clone, Copy)]
struct LogSoftmaxSlope<T> {
    sum: T,
}

impl<T: Float> simd::Binary<T> for LogSoftmaxSlope<T> {
    #[inline(always)]
    fn at(self, g: T, y: T) -> T {
        g - math::exp(y) * self.sum
    }
}

/// The passes over rows as types, so that they are inlined (see [`simd::Rows`]).
#[derive(Clone, Copy)]
struct LogSoftmax;
#[derive(Clone, Copy)]
struct LogSoftmaxBackward;

impl<T: Float> simd::Rows<T> for LogSoftmax {
    #[inline(always)]
    fn rows(self, x: &mut [T], _: &[T], length: usize) {
        log_softmax_rows(x, length);
    }
}

impl<T: Float> simd::Rows<T> for LogSoftmaxBackward {
    #[inline(always)]
    fn rows(self, g: &mut [T], y: &[T], length: usize) {
        for (g, y) in g.chunks_mut(length).zip(y.chunks(length)) {
            log_softmax_backward_row(g, y);
        }
    }
}
