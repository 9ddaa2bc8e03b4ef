//! A rate that falls when a measure no longer gets better (`torch.optim.lr_scheduler.ReduceLROnPlateau`).
//!
//! This one is not a function of the step: it depends on what was measured. So it is no [`Schedule`](crate::Schedule), and it has
//! a state to be saved. It is asked once per evaluation, an epoch as a rule, not once per step.

// ANCHOR: plateau
/// Which way is better, and by how much at least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Better {
    /// Below the best by this share of it: for losses.
    LowerBy(f64),
    /// Above the best by this share of it: for accuracies.
    HigherBy(f64),
    /// Below the best by this much.
    LowerByAbsolute(f64),
    /// Above the best by this much.
    HigherByAbsolute(f64),
}

impl Better {
    fn than(self, measure: f64, best: f64) -> bool {
        match self {
            Better::LowerBy(share) => measure < best * (1.0 - share),
            Better::HigherBy(share) => measure > best * (1.0 + share),
            Better::LowerByAbsolute(by) => measure < best - by,
            Better::HigherByAbsolute(by) => measure > best + by,
        }
    }
}

/// Multiplies the rate by `factor` after more than `patience` measurements in a row that were not better than the best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plateau {
    /// What counts as better.
    pub better: Better,
    /// What the rate is multiplied by.
    pub factor: f64,
    /// How many measurements without anything better are borne.
    pub patience: u64,
    /// For how many measurements after a fall nothing is counted.
    pub cooldown: u64,
    /// The rate never falls below this.
    pub floor: f64,
    state: PlateauState,
}

/// What a [`Plateau`] remembers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlateauState {
    /// The rate at present.
    pub rate: f64,
    /// The best measurement so far; none before the first.
    pub best: Option<f64>,
    /// How many measurements in a row were not better.
    pub bad: u64,
    /// For how many more nothing is counted.
    pub cooling: u64,
}

impl Plateau {
    /// PyTorch's defaults for a loss: a tenth after more than 10 measurements that are not lower by a share of 1e-4.
    pub fn new(rate: f64) -> Self {
        let state = PlateauState { rate, best: None, bad: 0, cooling: 0 };
        Plateau { better: Better::LowerBy(1e-4), factor: 0.1, patience: 10, cooldown: 0, floor: 0.0, state }
    }

    /// Takes a measurement and returns the rate for what follows.
    pub fn observe(&mut self, measure: f64) -> f64 {
        let PlateauState { rate, best, bad, cooling } = &mut self.state;
        // The first is the best so far unless it is NaN.
        if best.map_or(!measure.is_nan(), |best| self.better.than(measure, best)) {
            (*best, *bad) = (Some(measure), 0);
        } else {
            *bad += 1;
        }
        if *cooling > 0 {
            (*cooling, *bad) = (*cooling - 1, 0);
        }
        if *bad > self.patience {
            let lower = (*rate * self.factor).max(self.floor);
            // A fall too small to matter is none (PyTorch's `eps`).
            if *rate - lower > 1e-8 {
                *rate = lower;
            }
            (*cooling, *bad) = (self.cooldown, 0);
        }
        *rate
    }

    /// The rate at present.
    pub fn rate(&self) -> f64 {
        self.state.rate
    }

    /// What has to be saved.
    pub fn state(&self) -> PlateauState {
        self.state
    }

    /// Goes on from what was saved.
    pub fn set_state(&mut self, state: PlateauState) {
        self.state = state;
    }
}
// ANCHOR_END: plateau
