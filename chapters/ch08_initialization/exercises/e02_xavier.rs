//! Xavier initialization (Glorot and Bengio 2010; `torch.nn.init.xavier_uniform_`, `xavier_normal_`).
//!
//! Going forward the variance is kept by `Var W = 1 / fan_in`, going backward by `1 / fan_out`. Between the two:
//! `Var W = 2 / (fan_in + fan_out)`, times the square of the gain. For activations that are near `x` around 0, such as
//! tanh, and for layers without one.

use ch01_tensors::{Array, Float, Rng};
use ch08_initialization::{fan_in_out, normal, uniform};

/// The standard deviation of the weights, for a weight of this shape.
///
/// # Panics
/// With fewer than two axes.
#[track_caller]
pub fn xavier_std(shape: &[usize], gain: f64) -> f64 {
    let (fan_in, fan_out) = fan_in_out(shape);
    // Yours: `Var W = 2 / (fan_in + fan_out)`; the gain multiplies the standard deviation.
    todo!()
}

/// Even numbers of that standard deviation.
///
/// # Panics
/// With fewer than two axes.
#[track_caller]
pub fn xavier_uniform<T: Float>(weight: &mut Array<T>, gain: f64, rng: &mut Rng) {
    let std = xavier_std(weight.shape(), gain);
    // Yours: `uniform(weight, -bound, bound, rng)`: which bound gives this standard deviation?
    todo!()
}

/// Normal numbers of that standard deviation.
///
/// # Panics
/// With fewer than two axes.
#[track_caller]
pub fn xavier_normal<T: Float>(weight: &mut Array<T>, gain: f64, rng: &mut Rng) {
    normal(weight, 0.0, xavier_std(weight.shape(), gain), rng);
}
