//! LeCun initialization (LeCun, Bottou, Orr and Müller 1998; `jax.nn.initializers.lecun_normal`; in PyTorch
//! `kaiming_normal_` with `nonlinearity="linear"`).
//!
//! `Var W = 1 / fan_in` keeps the variance going forward where nothing follows the weights, and nearly where tanh does as long
//! as numbers are small. SELU is built for exactly this rule: it keeps mean 0 and variance 1 (Klambauer and others 2017).

use ch01_tensors::{Array, Float, Rng};

use crate::{FanMode, Gain, kaiming_normal, kaiming_uniform};

// ANCHOR: lecun
/// Normal numbers with the standard deviation `1 / sqrt(fan_in)`.
///
/// # Panics
/// With fewer than two axes.
#[track_caller]
pub fn lecun_normal<T: Float>(weight: &mut Array<T>, rng: &mut Rng) {
    kaiming_normal(weight, FanMode::In, Gain::Linear, rng);
}

/// Even numbers of that standard deviation: up to `sqrt(3 / fan_in)`.
///
/// # Panics
/// With fewer than two axes.
#[track_caller]
pub fn lecun_uniform<T: Float>(weight: &mut Array<T>, rng: &mut Rng) {
    kaiming_uniform(weight, FanMode::In, Gain::Linear, rng);
}
// ANCHOR_END: lecun
