//! One cycle: up to a high rate along half a cosine wave, then down to almost nothing along another (Smith and Topin
//! 2018; `torch.optim.lr_scheduler.OneCycleLR` with cosines and `cycle_momentum=False`).

use ch10_schedules::{Schedule, cosine};

// ANCHOR: one_cycle
/// From `peak / start_div` to `peak` in the first `warmup_share` of the steps, then to
/// `peak / start_div / final_div` at the last step, `total - 1`, and no further.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneCycle {
    /// The largest rate.
    pub peak: f64,
    /// How many steps training takes.
    pub total: u64,
    /// The share of the steps on the way up; 0.3 as a rule.
    pub warmup_share: f64,
    /// How many times smaller than the peak the first rate is; 25 as a rule.
    pub start_div: f64,
    /// How many times smaller than the first rate the last is; 1e4 as a rule.
    pub final_div: f64,
}

impl OneCycle {
    /// The cycle with PyTorch's numbers: 30 % of the steps up from `peak / 25`, then down to `peak / 250000`.
    pub fn new(peak: f64, total: u64) -> Self {
        OneCycle { peak, total, warmup_share: 0.3, start_div: 25.0, final_div: 1e4 }
    }
}

impl OneCycle {
    /// What goes from `start` to `peak` and on to `end` in the two phases of this cycle: the rate, and in
    /// [`MomentumCycle`](ch10_schedules::MomentumCycle) the momentum.
    pub fn between(&self, step: u64, [start, peak, end]: [f64; 3]) -> f64 {
        let OneCycle { total, warmup_share, .. } = *self;
        let last = total.saturating_sub(1) as f64;
        // PyTorch puts the peak at this step, which need not be whole.
        let top = warmup_share * total as f64 - 1.0;
        let step = (step as f64).min(last);
        // exercise: between - From `start` to `peak` while the step is below `top`, with the share `step / top`; then to
        // `end`, which is reached at step `last`.
        if step < top {
            cosine(start, peak, step / top)
        } else if step < last {
            cosine(peak, end, (step - top) / (last - top))
        } else {
            end
        }
        // exercise: end
    }
}

impl Schedule for OneCycle {
    fn rate(&self, step: u64) -> f64 {
        // exercise: rate - From `peak / start_div` up to `peak`, and down to `final_div` times less than it began with.
        let start = self.peak / self.start_div;
        self.between(step, [start, self.peak, start / self.final_div])
        // exercise: end
    }
}
// ANCHOR_END: one_cycle
