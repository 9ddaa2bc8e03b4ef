//! Which rate for another batch size (Krizhevsky 2014; Goyal and others 2017 for the linear rule; Malladi and others 2022
//! for the square root with Adam).
//!
//! With plain descent or momentum, `k` steps with small batches and the rate `η` go about where one step with a batch `k`
//! times as large and the rate `k η` goes. With Adam a step is about as long as the rate whatever the gradient, and the
//! noise of the direction falls with the root of the batch size: there the root is the rule.
//!
//! Both are for the noisy half of training. Beyond some batch size no rate makes up for fewer steps.

use ch01_tensors::fail;

// ANCHOR: scaling
/// The rate for `batch` examples, if `rate` was right for `base`: in proportion. For SGD.
///
/// # Panics
/// When a batch is empty.
#[track_caller]
pub fn linear_scaling(rate: f64, base: usize, batch: usize) -> f64 {
    rate * times(base, batch)
}

/// The rate for `batch` examples, if `rate` was right for `base`: by the root. For Adam and its relatives.
///
/// # Panics
/// When a batch is empty.
#[track_caller]
pub fn sqrt_scaling(rate: f64, base: usize, batch: usize) -> f64 {
    rate * times(base, batch).sqrt()
}
// ANCHOR_END: scaling

#[track_caller]
fn times(base: usize, batch: usize) -> f64 {
    if base == 0 || batch == 0 {
        fail("scaling", format_args!("from batches of {base} to batches of {batch}"));
    }
    batch as f64 / base as f64
}
