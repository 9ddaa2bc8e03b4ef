//! How the fast network is trained (Jordan 2024, `airbench94.py`), as pieces for chapter 14's trainer.
//!
//! The loss is cross-entropy with a fifth of each label spread evenly. Nesterov's gradient descent, with three twists. The
//! shifts of the normalisations learn 64 times as fast as the rest. Decay is decoupled: it does not depend on the rate of a
//! parameter, so that shifts decay no faster. The bias of the whitening layer learns for three epochs only. The rate goes up in
//! a straight line for 23 % of the steps and down for the rest; [`Lookahead`] averages the weights every five steps, more
//! and more of them.
//!
//! Rate, momentum and decay are given for 1024 examples, and scaled to the batch: `μ = 0.85^(batch / 1024)`, and with
//! `k = 1 + 1 / (1 - μ)`, which makes up for momentum, a rate of `11.5 batch / (1024 k)` and a decay of
//! `0.0153 batch / (1024 k)` per step. (With a constant gradient Nesterov's steps are `1 / (1 - μ)` gradients long, so the 1 in
//! `k` is too much; but the paper's rate was found with it.)

use ch05_backprop::Role;
use ch09_optimizers::{Group, Groups, Optimizer, Sgd};
use ch10_schedules::Schedule;
use ch14_training::{Settings, Trainer};

use crate::{Freezing, Lookahead};

// ANCHOR: recipe
/// The numbers of the recipe; the default is the paper's, with 10 epochs for its 9.9.
#[derive(Clone, Debug, PartialEq)]
pub struct FastRecipe {
    /// Passes over the data.
    pub epochs: u64,
    /// Examples in a batch.
    pub batch: usize,
    /// The largest rate, for 1024 examples.
    pub rate: f64,
    /// The share of the momentum that stays over 1024 examples.
    pub momentum: f64,
    /// By how much weights shrink over 1024 examples.
    pub decay: f64,
    /// How much faster the shifts of normalisations learn.
    pub shifts: f64,
    /// How much of each label is spread over all classes.
    pub label_smoothing: f64,
    /// For how many epochs the bias of the whitening layer learns.
    pub whiten_epochs: u64,
    /// By how many pixels images are shifted, at most.
    pub padding: usize,
}

impl Default for FastRecipe {
    fn default() -> Self {
        FastRecipe {
            epochs: 10,
            batch: 1024,
            rate: 11.5,
            momentum: 0.85,
            decay: 0.0153,
            shifts: 64.0,
            label_smoothing: 0.2,
            whiten_epochs: 3,
            padding: 2,
        }
    }
}
// ANCHOR_END: recipe

/// The share of the steps on the way up, and the rates at the start and at the end as shares of the largest.
const TRIANGLE: [f64; 3] = [0.23, 0.2, 0.07];

impl FastRecipe {
    // ANCHOR: numbers
    /// The momentum of a step.
    pub fn step_momentum(&self) -> f64 {
        self.momentum.powf(self.batch as f64 / 1024.0)
    }

    /// The largest rate of a step, for a loss that is a mean over the batch.
    pub fn step_rate(&self) -> f64 {
        self.rate * self.batch as f64 / 1024.0 / self.amplification()
    }

    /// By how much a weight shrinks in a step at the largest rate, before momentum makes it more.
    pub fn step_decay(&self) -> f64 {
        self.decay * self.batch as f64 / 1024.0 / self.amplification()
    }

    fn amplification(&self) -> f64 {
        1.0 + 1.0 / (1.0 - self.step_momentum())
    }
    // ANCHOR_END: numbers

    /// The rate of each of `total` steps.
    pub fn schedule(&self, total: u64) -> Box<dyn Schedule> {
        let (peak, [up, start, end]) = (self.step_rate(), TRIANGLE);
        let top = ((up * total as f64) as u64).max(1);
        Box::new(move |step: u64| {
            let line = |from: f64, to: f64, share: f64| peak * (from + (to - from) * share.min(1.0));
            if step < top {
                line(start, 1.0, step as f64 / top as f64)
            } else {
                line(1.0, end, (step - top) as f64 / total.saturating_sub(top).max(1) as f64)
            }
        })
    }

    // ANCHOR: optimizer
    /// The optimizer for so many steps per epoch.
    pub fn optimizer(&self, steps_per_epoch: u64) -> Box<dyn Optimizer> {
        let (total, shifts) = (self.epochs * steps_per_epoch, self.shifts);
        let groups = Groups::new(move |_, role| match role {
            Role::Norm => Group { rate: shifts, decay: 1.0 / shifts },
            _ => Group { rate: 1.0, decay: 1.0 },
        });
        // Sgd multiplies its decay by the rate.
        let decay = self.step_decay() / self.step_rate();
        let sgd = Sgd::new().momentum(self.step_momentum()).nesterov(true).weight_decay(decay).groups(groups);
        let freezing =
            Freezing::new(Box::new(sgd), &[self.whiten_epochs * steps_per_epoch], |path, phase| {
                is_fixed(path) || (path == "whiten.bias" && phase > 0)
            });
        let share = move |step: u64| 0.95f64.powi(5) * (step as f64 / total as f64).powi(3);
        Box::new(Lookahead::new(Box::new(freezing), 5, total, share))
    }
    // ANCHOR_END: optimizer

    /// The settings of the trainer. The weights are those of the last step: they are the ones that were averaged.
    pub fn settings(&self) -> Settings {
        Settings {
            epochs: self.epochs,
            label_smoothing: self.label_smoothing,
            restore_best: false,
            ..Settings::default()
        }
    }

    /// A trainer that does all of it.
    pub fn trainer(&self, steps_per_epoch: u64) -> Trainer {
        let schedule = self.schedule(self.epochs * steps_per_epoch);
        Trainer::new(self.settings(), schedule, self.optimizer(steps_per_epoch))
    }
}

/// Whether a parameter of [`FastNet`](crate::FastNet) never learns: the whitening kernels, and the gains.
fn is_fixed(path: &str) -> bool {
    let norm = ["2", "5", "9", "12", "16", "19"].iter().any(|n| path == format!("blocks.{n}.weight"));
    path == "whiten.weight" || norm
}
