//! What the options of the optimizers have in common: which values they take.

use ch01_tensors::fail;

/// A share of what was that stays: from 0 to below 1.
///
/// # Panics
/// When it is not.
#[track_caller]
pub fn share(optimizer: &str, name: &str, value: f64) -> f64 {
    if !(0.0..1.0).contains(&value) {
        fail(optimizer, format_args!("{name} of {value} is not from 0 to below 1"));
    }
    value
}

/// A number that is finite and not negative.
///
/// # Panics
/// When it is not.
#[track_caller]
pub fn size(optimizer: &str, name: &str, value: f64) -> f64 {
    if !(value >= 0.0 && value.is_finite()) {
        fail(optimizer, format_args!("{name} of {value}"));
    }
    value
}
