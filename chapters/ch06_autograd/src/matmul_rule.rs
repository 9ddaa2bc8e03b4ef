//! The gradients of a matrix product, in variables.
//!
//! `c_ij = Σ_p a_ip b_pj`, so with `g = dL/dc`: `dL/da_ip = Σ_j g_ij b_pj` and `dL/db_pj = Σ_i a_ip g_ij`. Where the batch
//! axes of an operand were broadcast, it was part of every product along them, and its gradient is their sum.

use ch01_tensors::Float;
use ch06_autograd::{Var, sum_to};

// ANCHOR: gradient
/// `dL/da` (`which` 0) or `dL/db` (`which` 1), for `c = a b` with `a` of `[.., m, k]` and `b` of `[.., k, n]`.
pub fn matmul_gradient<T: Float>(which: usize, grad: &Var<T>, a: &Var<T>, b: &Var<T>) -> Var<T> {
    // exercise: gradient - g bᵀ, or aᵀ g; then `sum_to` the shape of the operand. `x.t()` swaps the last two axes, and
    // `x.matmul(&y)` multiplies. Use variables only: then the gradient can be differentiated.
    match which {
        0 => sum_to(&grad.matmul(&b.t()), &a.shape()),
        _ => sum_to(&a.t().matmul(grad), &b.shape()),
    }
    // exercise: end
}
// ANCHOR_END: gradient
