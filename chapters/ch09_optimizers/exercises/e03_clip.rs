//! Clipping: gradients that are too large are shortened before the step (Pascanu, Mikolov and Bengio 2013;
//! `torch.nn.utils.clip_grad_norm_` and `clip_grad_value_`).
//!
//! By norm, all gradients together are one long vector: if it is longer than allowed, all are multiplied by the same
//! number, so its direction stays. By value, each number is cut off by itself, and the direction changes.
//!
//! To be called after the backward pass and before the step.

use ch01_tensors::{Float, fail};
use ch05_backprop::{Module, for_each_param};
use ch09_optimizers::{scale, sum_of_squares};

/// The length of all gradients of parameters that are not frozen, taken as one vector.
pub fn grad_norm<T: Float>(module: &mut dyn Module<T>) -> f64 {
    let mut total = 0.0;
    for_each_param(module, |_, param| {
        if !param.frozen {
            total += sum_of_squares(&param.grad);
        }
    });
    f64::sqrt(total)
}

/// Shortens the gradients to a length of at most `max_norm`, and returns the length before.
///
/// A length that is infinite or NaN is returned and nothing is changed: what to do then is the caller's decision
/// (PyTorch makes every gradient NaN or 0). Otherwise as PyTorch, whose factor is `max_norm / (norm + 1e-6)`.
///
/// # Panics
/// When `max_norm` is negative or NaN.
pub fn clip_grad_norm<T: Float>(module: &mut dyn Module<T>, max_norm: f64) -> f64 {
    if max_norm.is_nan() || max_norm < 0.0 {
        fail("clip_grad_norm", format_args!("a norm of at most {max_norm}"));
    }
    let norm = grad_norm(module);
    // Yours: If the norm is finite and the factor `max_norm / (norm + 1e-6)` is below 1, multiply the gradient
    // of every parameter that is not frozen by it: `scale(&mut param.grad, factor)`.
    todo!();
    norm
}

/// Cuts every number of every gradient off at `-max` and `max`; NaN stays NaN.
///
/// # Panics
/// When `max` is negative or NaN.
pub fn clip_grad_value<T: Float>(module: &mut dyn Module<T>, max: f64) {
    if max.is_nan() || max < 0.0 {
        fail("clip_grad_value", format_args!("values of at most {max}"));
    }
    let (low, high) = (T::from_f64(-max), T::from_f64(max));
    for_each_param(module, |_, param| {
        if !param.frozen {
            // Yours: Numbers below `low` become `low`, those above `high` become `high`. `map_assign` changes
            // an array in place.
            todo!()
        }
    });
}
