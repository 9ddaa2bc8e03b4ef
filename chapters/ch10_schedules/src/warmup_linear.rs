//! Straight lines: one alone (`torch.optim.lr_scheduler.LinearLR`), and up and down (`SequentialLR` of two of them), as
//! BERT was trained.

use crate::{Schedule, linear};

// ANCHOR: linear
/// From one rate at step 0 to another at step `steps`, where it stays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// The rate of step 0.
    pub from: f64,
    /// The rate of step `steps` and all after it.
    pub to: f64,
    /// How many steps the way takes.
    pub steps: u64,
}

impl Schedule for Line {
    fn rate(&self, step: u64) -> f64 {
        if step < self.steps { linear(self.from, self.to, step as f64 / self.steps as f64) } else { self.to }
    }
}

/// Up in a straight line for `warmup` steps, then down in another to `floor` at step `total`, where it stays. The way up is
/// that of [`WarmupCosine`](crate::WarmupCosine).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmupLinear {
    /// The largest rate.
    pub peak: f64,
    /// How many steps come before it.
    pub warmup: u64,
    /// How many steps training takes, those of the warmup included.
    pub total: u64,
    /// The rate at the end.
    pub floor: f64,
}

impl Schedule for WarmupLinear {
    fn rate(&self, step: u64) -> f64 {
        let WarmupLinear { peak, warmup, total, floor } = *self;
        if step < warmup {
            linear(0.0, peak, (step + 1) as f64 / (warmup + 1) as f64)
        } else if step < total {
            linear(peak, floor, (step - warmup) as f64 / (total - warmup) as f64)
        } else {
            floor
        }
    }
}
// ANCHOR_END: linear
