//! The Hessian itself, and its diagonal: for few variables.
//!
//! Column `i` of a matrix is the matrix times the unit vector `e_i`. So `n` Hessian-vector products give everything, and the
//! diagonal costs no less: there is no cheaper exact way in general.

use ch01_tensors::{Array, Float};

use crate::{Var, hessian_vector};

/// The second derivatives of a scalar, `[n, n]` for `x` with n elements, in row-major order
/// (`torch.autograd.functional.hessian`). `gradient` is `grad(loss, [x], Tape::Create)`.
///
/// # Panics
/// When the gradient does not have the shape of `x`.
#[track_caller]
pub fn hessian<T: Float>(gradient: &Var<T>, x: &Var<T>) -> Array<T> {
    let n = x.shape().size();
    let columns: Vec<Array<T>> = (0..n).map(|i| column(gradient, x, i).flatten()).collect();
    Array::stack(&columns.iter().collect::<Vec<_>>(), 1)
}

// ANCHOR: diagonal
/// The second derivative with respect to each element of `x`, in its shape: one Hessian-vector product per element.
///
/// # Panics
/// When the gradient does not have the shape of `x`.
#[track_caller]
pub fn hessian_diagonal<T: Float>(gradient: &Var<T>, x: &Var<T>) -> Array<T> {
    let diagonal: Vec<T> =
        (0..x.shape().size()).map(|i| column(gradient, x, i).contiguous().data()[i]).collect();
    Array::from_slice(&diagonal, x.shape())
}

/// `H e_i`.
#[track_caller]
fn column<T: Float>(gradient: &Var<T>, x: &Var<T>, i: usize) -> Array<T> {
    let mut unit = Array::zeros(x.shape());
    unit.data_mut()[i] = T::ONE;
    hessian_vector(std::slice::from_ref(gradient), &[x], &[unit]).remove(0)
}
// ANCHOR_END: diagonal
