//! The Hessian times a vector, without the Hessian (Pearlmutter 1994).
//!
//! `H v = ∇(∇L · v)`: the inner product of the gradient with a fixed vector is a number, and its gradient is one backward
//! pass. So a product costs as much as a gradient, however many parameters there are, while the Hessian of n parameters has
//! n² elements.

use ch01_tensors::{Array, Float};
use ch06_autograd::{Tape, Var, grad};

/// `H v`, in one part per variable, for `gradient = grad(loss, x, Tape::Create)` and a part of `v` for each variable.
/// The tape stays, so that many products may follow.
///
/// # Panics
/// When there is not one gradient and one part of `v` for each variable, or their shapes differ.
#[track_caller]
pub fn hessian_vector<T: Float>(gradient: &[Var<T>], x: &[&Var<T>], v: &[Array<T>]) -> Vec<Array<T>> {
    assert!(gradient.len() == x.len() && v.len() == x.len(), "hessian_vector: one part of each per variable");
    // Yours: Make the number Σ (gradient · v) with `v` as a constant, and take its gradient with respect to
    // `x`, with Tape::Retain.
    todo!()
}
