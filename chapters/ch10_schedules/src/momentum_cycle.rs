//! One cycle in which the momentum goes the other way: low while the rate is high (`OneCycleLR` with
//! `cycle_momentum=True`, its default).
//!
//! A running sum makes steps `1 / (1 - μ)` times as long (chapter 9). Where the rate is at its peak a smaller momentum
//! keeps that product in bounds, and the steps follow the newest gradients.

use crate::{OneCycle, Schedule};

// ANCHOR: momentum_cycle
/// A [`OneCycle`] with a momentum that falls to `low` where the rate is at its peak, and is `high` at both ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MomentumCycle {
    /// The rates.
    pub cycle: OneCycle,
    /// The momentum at the peak; 0.85 as a rule.
    pub low: f64,
    /// The momentum at both ends; 0.95 as a rule.
    pub high: f64,
}

impl MomentumCycle {
    /// With PyTorch's numbers.
    pub fn new(cycle: OneCycle) -> Self {
        MomentumCycle { cycle, low: 0.85, high: 0.95 }
    }
}

impl Schedule for MomentumCycle {
    fn rate(&self, step: u64) -> f64 {
        self.cycle.rate(step)
    }

    fn momentum(&self, step: u64) -> Option<f64> {
        Some(self.cycle.between(step, [self.high, self.low, self.high]))
    }
}
// ANCHOR_END: momentum_cycle
