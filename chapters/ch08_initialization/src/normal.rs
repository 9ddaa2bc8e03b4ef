//! Filling an array in place: constants, even and normal numbers (`torch.nn.init.constant_`, `uniform_`, `normal_`).
//!
//! Random numbers are drawn in f64, one after the other in row-major order, and rounded to the array's type: the same
//! stream gives the same weights in f32 and f64, up to rounding.

use ch01_tensors::{Array, Float, Rng};

/// Every element `value`.
pub fn constant<T: Float>(array: &mut Array<T>, value: f64) {
    array.data_mut().fill(T::from_f64(value));
}

/// Numbers drawn evenly from `[low, high)`.
pub fn uniform<T: Float>(array: &mut Array<T>, low: f64, high: f64, rng: &mut Rng) {
    fill(array, || low + (high - low) * rng.uniform());
}

/// Numbers drawn from the normal distribution.
pub fn normal<T: Float>(array: &mut Array<T>, mean: f64, std: f64, rng: &mut Rng) {
    fill(array, || mean + std * rng.normal());
}

pub(crate) fn fill<T: Float>(array: &mut Array<T>, mut draw: impl FnMut() -> f64) {
    array.data_mut().fill_with(|| T::from_f64(draw()));
}
