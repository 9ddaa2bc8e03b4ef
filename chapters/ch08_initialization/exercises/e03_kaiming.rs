//! He initialization, called Kaiming's in PyTorch after the same author's first name (He et al. 2015;
//! `torch.nn.init.kaiming_uniform_`, `kaiming_normal_`).
//!
//! ReLU sets half of its inputs to 0 and so halves their mean square. Weights with `Var W = 2 / fan_in` make up for it.
//! For other activations the 2 is the square of their gain.

use ch01_tensors::{Array, Float, Rng};
use ch08_initialization::{FanMode, Gain, normal, uniform};

/// The standard deviation of the weights, for a weight of this shape: `gain / sqrt(fan)`.
///
/// # Panics
/// With fewer than two axes.
#[track_caller]
pub fn kaiming_std(shape: &[usize], mode: FanMode, gain: Gain) -> f64 {
    // Yours: The gain (`gain.value()`) over the root of the fan that `mode` names (`mode.of(shape)`).
    todo!()
}

/// Even numbers of that standard deviation.
///
/// # Panics
/// With fewer than two axes.
#[track_caller]
pub fn kaiming_uniform<T: Float>(weight: &mut Array<T>, mode: FanMode, gain: Gain, rng: &mut Rng) {
    let std = kaiming_std(weight.shape(), mode, gain);
    // Yours: `uniform(weight, -bound, bound, rng)` with this standard deviation.
    todo!()
}

/// Normal numbers of that standard deviation.
///
/// # Panics
/// With fewer than two axes.
#[track_caller]
pub fn kaiming_normal<T: Float>(weight: &mut Array<T>, mode: FanMode, gain: Gain, rng: &mut Rng) {
    let std = kaiming_std(weight.shape(), mode, gain);
    // Yours: `normal(weight, mean, std, rng)`.
    todo!()
}
