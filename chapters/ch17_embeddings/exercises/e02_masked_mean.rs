//! The mean of a sentence's vectors, padding left out: a sentence of any length becomes one vector.
//!
//! Shapes: `x` is `[batch, time, size]`, `mask` is `[batch, time]` with true for real tokens, the mean is `[batch, size]`.
//!
//! With `m` real tokens, `y = Σ x_t / m` over the real `t`, so for `g = dL/dy`: `dL/dx_t = g / m` for real tokens and 0
//! for padding. A sentence without a real token gives 0 and receives no gradient: 0 / 0 would make the whole batch NaN.
//!
//! PyTorch has no function for it; `(x * mask).sum(1) / mask.sum(1)` is what one writes.

use ch01_tensors::{Array, Float, fail};
use rayon::prelude::*;

/// Below this many elements, starting threads costs more than it brings.
const PARALLEL_MIN: usize = 1 << 16;

/// The mean over the real tokens of each sentence, `[batch, time, size]` to `[batch, size]`; zeros if there are none.
///
/// # Panics
/// When the mask is not `[batch, time]`.
#[track_caller]
pub fn masked_mean<T: Float>(x: &Array<T>, mask: &Array<bool>) -> Array<T> {
    if x.ndim() != 3 || mask.shape()[..] != x.shape()[..2] {
        let (x, mask) = (x.shape(), mask.shape());
        fail("masked_mean", format_args!("{x:?} and {mask:?} are not [batch, time, size] and [batch, time]"));
    }
    let (x, mask) = (x.clone().contiguous(), mask.clone().contiguous());
    let mut y = Array::zeros([x.dim(0), x.dim(2)]);
    sentences(y.data_mut(), x.data(), &mask, mean_of_sentence);
    y
}

/// The gradient of the vectors, `[batch, time, size]`, for that of their means, `[batch, size]`.
///
/// # Panics
/// When the mask is not `[batch, time]` with the batch of the gradient.
#[track_caller]
pub fn masked_mean_backward<T: Float>(grad: &Array<T>, mask: &Array<bool>) -> Array<T> {
    if grad.ndim() != 2 || mask.ndim() != 2 || grad.dim(0) != mask.dim(0) {
        let (grad, mask) = (grad.shape(), mask.shape());
        let rule = format_args!("{grad:?} and {mask:?} are not [batch, size] and [batch, time]");
        fail("masked_mean_backward", rule);
    }
    let (grad, mask) = (grad.clone().contiguous(), mask.clone().contiguous());
    let mut dx = Array::zeros([grad.dim(0), mask.dim(1), grad.dim(1)]);
    sentences(dx.data_mut(), grad.data(), &mask, gradient_of_sentence);
    dx
}

/// `y += Σ x_t / m` for one sentence: `x` is `[time, size]`, `y` holds `size` zeros.
fn mean_of_sentence<T: Float>(y: &mut [T], x: &[T], mask: &[bool]) {
    let vectors = x.chunks(y.len()).zip(mask);
    // Yours: Add up the vectors whose mask is true, then divide by how many there are (0 stays 0).
    todo!()
}

/// The gradient of one sentence's vectors: `dx` is `[time, size]`, all zeros, `g` the gradient of the mean.
fn gradient_of_sentence<T: Float>(dx: &mut [T], g: &[T], mask: &[bool]) {
    let vectors = dx.chunks_mut(g.len()).zip(mask);
    // Yours: g / m for each vector whose mask is true; the others stay 0.
    todo!()
}

/// Calls `f` with every sentence of `out`, of `input` and of the mask.
fn sentences<T: Float>(
    out: &mut [T],
    input: &[T],
    mask: &Array<bool>,
    f: impl Fn(&mut [T], &[T], &[bool]) + Sync,
) {
    let (batch, time, elements) = (mask.dim(0), mask.dim(1), out.len().max(input.len()));
    if out.is_empty() || input.is_empty() {
        return;
    }
    let (each_out, each_in, mask) = (out.len() / batch, input.len() / batch, mask.data());
    if elements < PARALLEL_MIN {
        let all = out.chunks_mut(each_out).zip(input.chunks(each_in)).zip(mask.chunks(time));
        all.for_each(|((out, input), mask)| f(out, input, mask));
    } else {
        let all = out.par_chunks_mut(each_out).zip(input.par_chunks(each_in)).zip(mask.par_chunks(time));
        all.for_each(|((out, input), mask)| f(out, input, mask));
    }
}
