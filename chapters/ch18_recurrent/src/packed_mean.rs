//! The mean of each sequence of packed rows: chapter 17's masked mean, without the padding.
//!
//! Shapes: packed rows `[rows, size]`, means `[batch, size]` in the order of the batch.
//!
//! `y_b = Σ_t x_(b, t) / m_b` over the `m_b` steps of sequence `b`, so each of its rows has the gradient `g_b / m_b`. A
//! sequence of length 0 gives 0.

use ch01_tensors::{Array, Float, fail};
use ch18_recurrent::Packing;
use rayon::prelude::*;

// ANCHOR: packed_mean
/// The mean of the rows of each sequence, `[rows, size]` to `[batch, size]`.
///
/// # Panics
/// When there are not so many rows.
#[track_caller]
pub fn packed_mean<T: Float>(x: &Array<T>, packing: &Packing) -> Array<T> {
    if x.ndim() != 2 || x.dim(0) != packing.rows() {
        fail("packed_mean", format_args!("{:?} instead of [{}, size]", x.shape(), packing.rows()));
    }
    let (size, x) = (x.dim(1), x.clone().contiguous());
    let mut means = Array::zeros([packing.batch(), size]);
    if size == 0 {
        return means;
    }
    let (x, lengths) = (x.data(), packing.lengths().data());
    means.data_mut().par_chunks_mut(size).zip(lengths).enumerate().for_each(|(place, (mean, &length))| {
        for t in 0..length as usize {
            let row = &x[(packing.start(t) + place) * size..][..size];
            mean.iter_mut().zip(row).for_each(|(sum, &x)| *sum += x);
        }
        let share = T::ONE / T::from_f64(length.max(1) as f64);
        mean.iter_mut().for_each(|sum| *sum *= share);
    });
    packing.unsort(&means)
}

/// The gradient of the rows, for that of the means, `[batch, size]`.
///
/// # Panics
/// When the gradient has not one row for each sequence.
#[track_caller]
pub fn packed_mean_backward<T: Float>(grad: &Array<T>, packing: &Packing) -> Array<T> {
    if grad.ndim() != 2 || grad.dim(0) != packing.batch() {
        let batch = packing.batch();
        fail("packed_mean_backward", format_args!("{:?} instead of [{batch}, size]", grad.shape()));
    }
    let size = grad.dim(1);
    let mut shares = packing.sort(grad);
    for (share, &length) in shares.data_mut().chunks_mut(size.max(1)).zip(packing.lengths().data()) {
        let factor = T::ONE / T::from_f64(length.max(1) as f64);
        share.iter_mut().for_each(|x| *x *= factor);
    }
    let mut dx = Array::scratch([packing.rows(), size]);
    let (shares, rows) = (shares.data(), dx.data_mut());
    for t in 0..packing.steps() {
        let length = packing.size(t) * size;
        rows[packing.start(t) * size..][..length].copy_from_slice(&shares[..length]);
    }
    dx
}
// ANCHOR_END: packed_mean
