//! The adjoint of broadcasting: a sum.
//!
//! `broadcast_to` reads one element of `x` in many places: `y_i = x_{r(i)}`. Its Jacobian has a 1 wherever `r(i) = j`, so
//! `(Jᵀ g)_j` is the sum of `g_i` over all places `i` where `x_j` was read: over the axes that were added in front, and over
//! those that were stretched from 1.

use ch01_tensors::{Float, Shape};
use ch06_autograd::Var;

/// Sums `x` over the axes along which `shape` was broadcast, so that the result has that shape.
///
/// `shape` must broadcast to the shape of `x`.
pub fn sum_to<T: Float>(x: &Var<T>, shape: &Shape) -> Var<T> {
    // Yours: Align both shapes at the last axis. Sum over the axes in front that `shape` does not have, and over
    // those where it has length 1 and `x` another. `x.sum(&axes[..], true)` keeps the axes with length 1, and
    // `reshape(*shape)` then gives the result its shape.
    todo!()
}
