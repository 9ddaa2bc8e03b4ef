//! Orthogonal matrices (Saxe, McClelland and Ganguli 2014; `torch.nn.init.orthogonal_`).
//!
//! A random matrix keeps the length of a vector on average; an orthogonal one keeps that of every vector exactly, forward and
//! backward. A kernel `[out, in, ..]` is taken as the matrix `[out, rest]`. If it is tall its columns are made orthonormal, if
//! it is wide its rows.
//!
//! From normal numbers, Gram and Schmidt's method gives the Q of a QR decomposition whose R has a positive diagonal. PyTorch
//! multiplies the columns of its Q by the signs of that diagonal and so arrives at the same matrix. The signs matter: without
//! them Q is not evenly spread over all orthogonal matrices.

use ch01_tensors::{Array, Float, Rng, fail};
use ch08_initialization::normal;

// ANCHOR: orthonormalise
/// Makes vectors orthonormal, from the first to the last: each loses its parts along those before, and gets length 1.
///
/// # Panics
/// When one lies in the space of those before it.
pub fn orthonormalise(vectors: &mut [Vec<f64>]) {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for i in 0..vectors.len() {
        let (before, rest) = vectors.split_at_mut(i);
        let vector = &mut rest[0];
        // exercise: vector - Take from `vector` its part along each vector of `before`, which has length 1: `dot` of the two, times
        // that one. Do so twice: what rounding has left after the first time is gone after the second. Then divide by the
        // length that is left.
        for other in before.iter().chain(before.iter()) {
            let along = dot(vector, other);
            vector.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
        }
        let length = dot(vector, vector).sqrt();
        vector.iter_mut().for_each(|v| *v /= length);
        // exercise: end
        assert!(
            vector.iter().all(|v| v.is_finite()),
            "orthonormalise: vector {i} depends on those before it"
        );
    }
}
// ANCHOR_END: orthonormalise

/// `gain` times a random matrix with orthonormal rows (if wide) or columns (if tall).
///
/// # Panics
/// With fewer than two axes.
#[track_caller]
pub fn orthogonal<T: Float>(weight: &mut Array<T>, gain: f64, rng: &mut Rng) {
    normal(weight, 0.0, 1.0, rng);
    orthogonal_from(weight, gain);
}

/// Makes the numbers that are in the weight orthogonal, as [`orthogonal`] does with normal ones.
///
/// # Panics
/// With fewer than two axes, or when the numbers are not independent.
#[track_caller]
pub fn orthogonal_from<T: Float>(weight: &mut Array<T>, gain: f64) {
    if weight.ndim() < 2 {
        let shape = weight.shape();
        fail("orthogonal", format_args!("a weight has at least two axes, [out, in, ..], not {shape:?}"));
    }
    let rows = weight.dim(0);
    let cols = weight.size() / rows.max(1);
    let data = weight.data_mut();
    // Where number `j` of vector `i` is.
    let (count, length, wide) = (rows.min(cols), rows.max(cols), rows < cols);
    let place = |i: usize, j: usize| if wide { i * cols + j } else { j * cols + i };
    let mut vectors: Vec<Vec<f64>> =
        (0..count).map(|i| (0..length).map(|j| data[place(i, j)].to_f64()).collect()).collect();
    orthonormalise(&mut vectors);
    for (i, vector) in vectors.iter().enumerate() {
        vector.iter().enumerate().for_each(|(j, v)| data[place(i, j)] = T::from_f64(gain * v));
    }
}
