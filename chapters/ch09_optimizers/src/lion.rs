//! Lion (Chen and others 2023): every number moves by the rate, up or down. Found by a search over programs.
//!
//! With the gradient `g`, the value `w`, the decay `λ` and the rate `η`, a step is
//!
//! - `c = β₁ m + (1 - β₁) g`, which only decides the direction;
//! - `w ← (1 - η λ) w - η sign(c)`, where the sign of 0 is 0;
//! - `m ← β₂ m + (1 - β₂) g`: what is remembered moves with a beta of its own.
//!
//! `m` is the array `exp_avg`, the only one: half of Adam's memory. PyTorch has no Lion; this is the paper's program.

use ch01_tensors::{Array, Float};
use ch05_backprop::Module;
use ch09_optimizers::options::{share, size};
use ch09_optimizers::{Groups, Optimizer, Rule, State, apply, like};

/// Steps of one size, by the sign of a running mean.
pub struct Lion<T: Float = f32> {
    betas: (f64, f64),
    weight_decay: f64,
    state: State<T>,
}

impl<T: Float> Default for Lion<T> {
    fn default() -> Self {
        Lion::new()
    }
}

impl<T: Float> Lion<T> {
    /// The paper's defaults: betas 0.9 and 0.99, no decay. Its rate is 3 to 10 times smaller than AdamW's, and its decay
    /// as many times larger.
    pub fn new() -> Self {
        Lion { betas: (0.9, 0.99), weight_decay: 0.0, state: State::default() }
    }

    /// How much of the running mean counts for the direction, and how much of it stays.
    ///
    /// # Panics
    /// When one is not from 0 to below 1.
    #[track_caller]
    pub fn betas(mut self, direction: f64, mean: f64) -> Self {
        self.betas = (share("Lion", "a beta", direction), share("Lion", "a beta", mean));
        self
    }

    /// The pull towards 0, apart from the gradient, for the parameters that decay.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = size("Lion", "a weight decay", weight_decay);
        self
    }

    /// Which parameters decay and at which rate they move.
    pub fn groups(mut self, groups: Groups) -> Self {
        self.state.groups = groups;
        self
    }
}

// ANCHOR: rule
/// The numbers of a step: `β₁`, `1 - β₁`, `β₂`, `1 - β₂`, `η` and `1 - η λ`.
#[derive(Clone, Copy)]
struct Step<T> {
    direction: T,
    direction_new: T,
    mean: T,
    mean_new: T,
    rate: T,
    keep: T,
}

impl<T: Float> Rule<T, 1> for Step<T> {
    #[inline(always)]
    fn at(self, value: T, grad: T, [m]: [T; 1]) -> (T, [T; 1]) {
        // exercise: update - Mix mean and gradient with `self.direction` and `self.direction_new`. Let the decay leave
        // `self.keep` of the value and move it by `self.rate` against the sign of the mixture (`sign` below). Then move
        // the mean, with `self.mean` and `self.mean_new`. Return the new value and the new mean.
        let mixed = self.direction * m + self.direction_new * grad;
        let value = self.keep * value - self.rate * sign(mixed);
        (value, [self.mean * m + self.mean_new * grad])
        // exercise: end
    }
}

/// 1, -1, or 0 for 0; NaN stays.
#[inline(always)]
fn sign<T: Float>(x: T) -> T {
    if x > T::ZERO {
        T::ONE
    } else if x < T::ZERO {
        -T::ONE
    } else {
        x
    }
}
// ANCHOR_END: rule

impl<T: Float> Optimizer<T> for Lion<T> {
    fn step(&mut self, module: &mut dyn Module<T>, rate: f64) {
        let Lion { betas, weight_decay, ref mut state } = *self;
        state.step("Lion", module, (rate, &like(&NAMES)), |param, slot| {
            let rate = rate * slot.group.rate;
            let keep = 1.0 - rate * weight_decay * slot.group.decay;
            let fixed = [betas.0, 1.0 - betas.0, betas.1, 1.0 - betas.1].map(T::from_f64);
            let [direction, direction_new, mean, mean_new] = fixed;
            let [rate, keep] = [rate, keep].map(T::from_f64);
            let step = Step { direction, direction_new, mean, mean_new, rate, keep };
            apply::<T, 1>(param, &mut slot.arrays, step);
        });
    }

    fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>)) {
        self.state.show("Lion", module, &like(&NAMES), see);
    }

    fn steps(&self) -> u64 {
        self.state.steps
    }

    fn set_steps(&mut self, steps: u64) {
        self.state.steps = steps;
    }
}

const NAMES: [&str; 1] = ["exp_avg"];
