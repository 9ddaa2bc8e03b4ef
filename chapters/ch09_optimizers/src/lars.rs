//! LARS (You, Gitman and Ginsburg 2017): momentum whose rate, layer by layer, is in proportion to the size of the weights.
//!
//! With the gradient `g` of a parameter, its value `w`, the decay `λ`, the momentum `μ`, the trust `τ` and the rate `η`, a
//! step is
//!
//! - `ρ = τ |w| / (|g| + λ |w|)`, one number per parameter;
//! - `b ← μ b + η ρ (g + λ w)`: the rate is inside the running sum;
//! - `w ← w - b`.
//!
//! `b` is the array `momentum_buffer`. Two things differ from the paper, which adapts every parameter: biases, norms and
//! activations have `ρ = τ`, as if `|w| = |g|`, and so has a weight while one of its norms is 0. A bias that begins at 0
//! would otherwise stay there. PyTorch has no LARS.

use ch01_tensors::{Array, Float};
use ch05_backprop::{Module, Role};

use crate::options::{share, size};
use crate::{Groups, Optimizer, Rule, State, apply, like, sum_of_squares};

/// Momentum with a rate for each layer.
pub struct Lars<T: Float = f32> {
    momentum: f64,
    trust: f64,
    weight_decay: f64,
    state: State<T>,
}

impl<T: Float> Default for Lars<T> {
    fn default() -> Self {
        Lars::new()
    }
}

impl<T: Float> Lars<T> {
    /// The paper's numbers: momentum 0.9, trust 0.001, decay 0.0005. The rate is then of the order of 1 to 10.
    pub fn new() -> Self {
        Lars { momentum: 0.9, trust: 1e-3, weight_decay: 5e-4, state: State::default() }
    }

    /// How much of the running sum stays from step to step.
    ///
    /// # Panics
    /// When it is not from 0 to below 1.
    #[track_caller]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = share("Lars", "a momentum", momentum);
        self
    }

    /// By which share of its own length a layer moves at most per step, at a rate of 1 and without momentum.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn trust(mut self, trust: f64) -> Self {
        self.trust = size("Lars", "a trust", trust);
        self
    }

    /// The pull towards 0, added to the gradient, for the parameters that decay.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = size("Lars", "a weight decay", weight_decay);
        self
    }

    /// Which parameters decay and at which rate they move.
    pub fn groups(mut self, groups: Groups) -> Self {
        self.state.groups = groups;
        self
    }
}

// ANCHOR: ratio
/// Whether the rate of a parameter goes by its size: that of weights and embeddings does.
pub(crate) fn adapts(role: Role) -> bool {
    matches!(role, Role::Weight | Role::Embedding)
}

/// `value / step`, or 1 where one of them is 0 or not finite.
pub(crate) fn ratio(value: f64, step: f64) -> f64 {
    let ratio = value / step;
    if ratio > 0.0 && ratio.is_finite() { ratio } else { 1.0 }
}
// ANCHOR_END: ratio

// ANCHOR: rule
#[derive(Clone, Copy)]
struct Step<T> {
    momentum: T,
    decay: T,
    rate: T,
}

impl<T: Float> Rule<T, 1> for Step<T> {
    #[inline(always)]
    fn at(self, value: T, grad: T, [sum]: [T; 1]) -> (T, [T; 1]) {
        let sum = self.momentum * sum + self.rate * (grad + self.decay * value);
        (value - sum, [sum])
    }
}
// ANCHOR_END: rule

impl<T: Float> Optimizer<T> for Lars<T> {
    fn step(&mut self, module: &mut dyn Module<T>, rate: f64) {
        let Lars { momentum, trust, weight_decay, ref mut state } = *self;
        state.step("Lars", module, (rate, &like(&NAMES)), |param, slot| {
            let decay = weight_decay * slot.group.decay;
            let norms = || [&param.value, &param.grad].map(|array| sum_of_squares(array).sqrt());
            let ratio = if adapts(param.role) {
                let [value, grad] = norms();
                ratio(value, if grad > 0.0 { grad + decay * value } else { 0.0 })
            } else {
                1.0
            };
            let rate = rate * slot.group.rate * trust * ratio;
            let [momentum, decay, rate] = [momentum, decay, rate].map(T::from_f64);
            apply::<T, 1>(param, &mut slot.arrays, Step { momentum, decay, rate });
        });
    }

    fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>)) {
        self.state.show("Lars", module, &like(&NAMES), see);
    }

    fn steps(&self) -> u64 {
        self.state.steps
    }

    fn set_steps(&mut self, steps: u64) {
        self.state.steps = steps;
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.momentum = share("Lars", "a momentum", momentum);
    }
}

const NAMES: [&str; 1] = ["momentum_buffer"];
