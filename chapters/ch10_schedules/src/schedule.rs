//! The contract of every schedule.

// ANCHOR: schedule
/// The learning rate as a function of the step alone: nothing is remembered, so nothing can be lost when training is
/// interrupted, and the rate at any step can be asked at any time.
///
/// A step is one movement of the optimizer, one batch as a rule; not an epoch. The first is step 0.
pub trait Schedule: Send + Sync {
    /// The rate of a step.
    fn rate(&self, step: u64) -> f64;

    /// The momentum of a step, for the few schedules that say (see `Optimizer::set_momentum`).
    fn momentum(&self, _step: u64) -> Option<f64> {
        None
    }
}

/// A closure from the step to the rate is a schedule.
impl<F: Fn(u64) -> f64 + Send + Sync> Schedule for F {
    fn rate(&self, step: u64) -> f64 {
        self(step)
    }
}
// ANCHOR_END: schedule

/// The same rate at every step (`torch.optim.lr_scheduler.ConstantLR` with factor 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant(pub f64);

impl Schedule for Constant {
    fn rate(&self, _: u64) -> f64 {
        self.0
    }
}
