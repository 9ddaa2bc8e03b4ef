//! Warm restarts, SGDR (Loshchilov and Hutter 2017; `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`): half a cosine
//! wave down, and again from the top, each time for longer.

use ch10_schedules::{Schedule, cosine};

/// Down along a cosine from `peak` for `period` steps, then again, each time `times` as long as before.
///
/// The step before a restart has a rate a little above `floor`, as in PyTorch: the floor itself would be that of the step
/// that restarts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Restarts {
    /// The rate at the beginning of each wave.
    pub peak: f64,
    /// How many steps the first takes; 0 is taken as 1.
    pub period: u64,
    /// How many times longer each next one is: 1 for all alike, 2 as a rule. 0 is taken as 1.
    pub times: u64,
    /// What each approaches.
    pub floor: f64,
}

impl Schedule for Restarts {
    fn rate(&self, step: u64) -> f64 {
        // Yours: Find the wave that the step is in: take whole waves away from `step`, each `times` as long as the
        // one before, for as long as there is one to take. What is left, over the length of this wave, is the share.
        todo!()
    }
}
