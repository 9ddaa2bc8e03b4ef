//! The gradients of softmax and log-softmax, in variables, from their outputs.
//!
//! Softmax: `y_i = e^{x_i} / Σ_k e^{x_k}`, so `∂y_i/∂x_j = y_i ([i = j] - y_j)`, and with `g = dL/dy`:
//! `dL/dx_j = Σ_i g_i y_i ([i = j] - y_j) = y_j (g_j - Σ_i g_i y_i)`.
//!
//! Log-softmax: `z_i = x_i - ln Σ_k e^{x_k}`, so `∂z_i/∂x_j = [i = j] - e^{z_j}`, and
//! `dL/dx_j = g_j - e^{z_j} Σ_i g_i`.

use ch01_tensors::Float;
use ch06_autograd::Var;

// ANCHOR: gradient
/// `dL/dx` for `y = softmax(x)` along `axis`, `grad = dL/dy`.
pub fn softmax_gradient<T: Float>(grad: &Var<T>, y: &Var<T>, axis: isize) -> Var<T> {
    // exercise: softmax - y (g - Σ g y), the sum along `axis`, which stays with length 1 so that it broadcasts.
    y * (grad - (grad * y).sum(axis, true))
    // exercise: end
}

/// `dL/dx` for `z = log_softmax(x)` along `axis`, `grad = dL/dz`.
pub fn log_softmax_gradient<T: Float>(grad: &Var<T>, z: &Var<T>, axis: isize) -> Var<T> {
    // exercise: log_softmax - g - e^z Σ g.
    grad - z.exp() * grad.sum(axis, true)
    // exercise: end
}
// ANCHOR_END: gradient
