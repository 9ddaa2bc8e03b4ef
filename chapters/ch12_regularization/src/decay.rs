//! The L2 penalty: `(λ / 2) Σ w²` added to the loss.
//!
//! Its gradient `λ w` is added to that of each weight. With plain gradient descent a step is then
//! `w - η (g + λ w) = (1 - η λ) w - η g`: the weights *decay*. With an optimizer that rescales gradients, such as Adam, the two are
//! no longer the same, and decay is done apart from the gradient (chapter 9, AdamW).
//!
//! Only parameters with `Role::Weight` are meant: biases, gains and embeddings have no reason to be small.

use ch01_tensors::Float;
use ch05_backprop::{Module, Role, for_each_param};

// ANCHOR: add_l2
/// Adds `λ w` to the gradient of every weight that is not frozen, and returns the penalty `(λ / 2) Σ w²`. To be called
/// between `backward` and the step.
pub fn add_l2<T: Float>(module: &mut dyn Module<T>, lambda: f64) -> f64 {
    let mut squares = 0.0;
    for_each_param(module, |_, param| {
        if param.role == Role::Weight && !param.frozen {
            squares += param.value.iter().map(|w| w.to_f64() * w.to_f64()).sum::<f64>();
            let lambda = T::from_f64(lambda);
            param.grad.zip_assign("add_l2", &param.value, |grad, w| grad + lambda * w);
        }
    });
    0.5 * lambda * squares
}
// ANCHOR_END: add_l2
