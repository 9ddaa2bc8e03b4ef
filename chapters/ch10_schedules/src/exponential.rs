//! The same factor at every step (`torch.optim.lr_scheduler.ExponentialLR`).

use crate::Schedule;

// ANCHOR: exponential
/// `rate` times `factor` to the power of the step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    /// The first rate.
    pub rate: f64,
    /// What it is multiplied by at each step.
    pub factor: f64,
}

impl Exponential {
    /// The schedule that goes from `from` at step 0 to `to` at step `total - 1`: evenly on a logarithmic axis.
    pub fn between(from: f64, to: f64, total: u64) -> Self {
        Exponential { rate: from, factor: (to / from).powf(1.0 / total.saturating_sub(1).max(1) as f64) }
    }
}

impl Schedule for Exponential {
    fn rate(&self, step: u64) -> f64 {
        self.rate * self.factor.powf(step as f64)
    }
}
// ANCHOR_END: exponential
