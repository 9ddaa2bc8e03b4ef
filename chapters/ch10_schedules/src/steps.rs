//! Falls at given steps (`torch.optim.lr_scheduler.StepLR` and `MultiStepLR`), as convolutional networks were long trained.

use ch10_schedules::Schedule;

// ANCHOR: steps
/// Multiplied by `factor` after every `every` steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The first rate.
    pub rate: f64,
    /// How many steps the rate stays the same; 0 is taken as 1.
    pub every: u64,
    /// What it is multiplied by then.
    pub factor: f64,
}

impl Schedule for Step {
    fn rate(&self, step: u64) -> f64 {
        // exercise: step - How often has the rate been multiplied before this step? Use `powf`.
        let times = step / self.every.max(1);
        self.rate * self.factor.powf(times as f64)
        // exercise: end
    }
}

/// Multiplied by `factor` at each of some steps.
#[derive(Clone, Debug, PartialEq)]
pub struct MultiStep {
    /// The first rate.
    pub rate: f64,
    /// The steps that are the first with a new rate, in any order; one that is there twice counts twice.
    pub milestones: Vec<u64>,
    /// What the rate is multiplied by.
    pub factor: f64,
}

impl Schedule for MultiStep {
    fn rate(&self, step: u64) -> f64 {
        // exercise: multi_step - As above; how many milestones are behind this step or at it?
        let times = self.milestones.iter().filter(|&&milestone| milestone <= step).count();
        self.rate * self.factor.powf(times as f64)
        // exercise: end
    }
}
// ANCHOR_END: steps
