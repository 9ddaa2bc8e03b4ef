//! A power of what is left (`torch.optim.lr_scheduler.PolynomialLR`). Power 1 is a straight line down to 0.

use crate::Schedule;

// ANCHOR: polynomial
/// `rate (1 - step / total)^power`, and 0 from step `total` on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Polynomial {
    /// The first rate.
    pub rate: f64,
    /// The first step with rate 0.
    pub total: u64,
    /// 1 for a straight line; 0.9 and 2 are usual.
    pub power: f64,
}

impl Schedule for Polynomial {
    fn rate(&self, step: u64) -> f64 {
        let left = self.total.saturating_sub(step) as f64 / self.total.max(1) as f64;
        self.rate * left.powf(self.power)
    }
}
// ANCHOR_END: polynomial
