//! A matrix made nearly orthogonal by products alone (Newton-Schulz; the polynomial of Jordan and others 2024).
//!
//! Write `G = U S Vᵀ`. An odd polynomial of a matrix, `a X + b (X Xᵀ) X + c (X Xᵀ)² X`, keeps `U` and `V` and acts on each
//! singular value `s` as `a s + b s³ + c s⁵`. Repeated, this one drives every `s` in (0, 1] into about 0.7 to 1.2, and
//! small ones fast: near 0 it multiplies by 3.4445. So `S` is lost, and what remains is nearly `U Vᵀ`.
//!
//! `X` is `[rows, cols]`; the smaller Gram matrix is used. PyTorch's `Muon` computes this in bfloat16, ours in `T`.

use ch01_tensors::{Array, Float, fail};
use ch02_matmul::matmul;
use ch09_optimizers::sum_of_squares;

/// The polynomial's `a`, `b` and `c`.
pub const COEFFICIENTS: [f64; 3] = [3.4445, -4.775, 2.0315];

// ANCHOR: orthogonalise
/// `U Vᵀ` of a matrix, roughly: all its singular values made about 1.
///
/// # Panics
/// When it does not have two axes.
#[track_caller]
pub fn orthogonalise<T: Float>(matrix: &Array<T>, steps: usize, eps: f64) -> Array<T> {
    if matrix.ndim() != 2 {
        fail("orthogonalise", format_args!("a matrix has two axes, not {:?}", matrix.shape()));
    }
    let [a, b, c] = COEFFICIENTS.map(T::from_f64);
    let tall = matrix.dim(0) > matrix.dim(1);
    let x = if tall { matrix.clone().t() } else { matrix.clone() };
    // exercise: steps - Divide `x` by its norm (`sum_of_squares(&x).sqrt()`, at least `eps`), so that no singular value is
    // above 1. Then, `steps` times, replace it by `a x + (b g + c g g) x` with the Gram matrix `g = x xᵀ`
    // (`x.clone().t()` is the transpose).
    let norm = sum_of_squares(&x).sqrt().max(eps);
    let mut x = &x * T::from_f64(1.0 / norm);
    for _ in 0..steps {
        let gram = matmul(&x, &x.clone().t());
        let update = &gram * b + &matmul(&gram, &gram) * c;
        x = &x * a + matmul(&update, &x);
    }
    // exercise: end
    if tall { x.t() } else { x }
}
// ANCHOR_END: orthogonalise
