//! Stochastic gradient descent with momentum (Polyak 1964), Nesterov's variant (1983) and weight decay
//! (`torch.optim.SGD` with dampening 0).
//!
//! With the gradient `g`, the value `w`, the decay `λ`, the momentum `μ` and the rate `η`, a step is
//!
//! - `g ← g + λ w`, the gradient of `λ/2 |w|²`;
//! - `b ← μ b + g`, a running sum in which a gradient of `k` steps ago still counts `μᵏ`;
//! - `w ← w - η b`, or with Nesterov `w ← w - η (g + μ b)`.
//!
//! `b` is the array `momentum_buffer`; it begins at 0. Without momentum nothing is remembered.

use ch01_tensors::{Array, Float, fail};
use ch05_backprop::Module;
use ch09_optimizers::options::{share, size};
use ch09_optimizers::{Groups, Optimizer, Rule, State, apply, like};

/// Gradient descent, with momentum if wanted.
pub struct Sgd<T: Float = f32> {
    momentum: f64,
    nesterov: bool,
    weight_decay: f64,
    state: State<T>,
}

impl<T: Float> Default for Sgd<T> {
    fn default() -> Self {
        Sgd::new()
    }
}

impl<T: Float> Sgd<T> {
    /// Plain gradient descent: no momentum, no decay.
    pub fn new() -> Self {
        Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0, state: State::default() }
    }

    /// How much of the running sum stays from step to step: 0 for none, 0.9 as a rule.
    ///
    /// # Panics
    /// When it is not from 0 to below 1.
    #[track_caller]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = share("Sgd", "a momentum", momentum);
        self
    }

    /// Nesterov's step, which looks ahead along the running sum. It needs momentum.
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.nesterov = nesterov;
        self
    }

    /// The pull towards 0, added to the gradient, for the parameters that decay (see [`groups`](Sgd::groups)).
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = size("Sgd", "a weight decay", weight_decay);
        self
    }

    /// Which parameters decay and at which rate they move.
    pub fn groups(mut self, groups: Groups) -> Self {
        self.state.groups = groups;
        self
    }

    fn names(&self) -> &'static [&'static str] {
        if self.momentum == 0.0 { &[] } else { &["momentum_buffer"] }
    }
}

/// The numbers of a step: `λ`, `μ` and `η`.
#[derive(Clone, Copy)]
struct Step<T> {
    decay: T,
    momentum: T,
    rate: T,
    nesterov: bool,
}

/// Without momentum.
impl<T: Float> Rule<T, 0> for Step<T> {
    #[inline(always)]
    fn at(self, value: T, grad: T, _: [T; 0]) -> (T, [T; 0]) {
        (value - self.rate * (grad + self.decay * value), [])
    }
}

/// With momentum; the state is the running sum.
impl<T: Float> Rule<T, 1> for Step<T> {
    #[inline(always)]
    fn at(self, value: T, grad: T, [sum]: [T; 1]) -> (T, [T; 1]) {
        let Step { decay, momentum, rate, nesterov } = self;
        // Yours: Add the decay to the gradient, then the gradient to the running sum of which `momentum`
        // stays. Move against the sum; with `nesterov`, against the gradient plus `momentum` times the new sum. Return
        // the new value and the new sum.
        todo!()
    }
}

impl<T: Float> Optimizer<T> for Sgd<T> {
    fn step(&mut self, module: &mut dyn Module<T>, rate: f64) {
        if self.nesterov && self.momentum == 0.0 {
            fail("Sgd", format_args!("Nesterov's step needs a momentum"));
        }
        let names = self.names();
        let (momentum, nesterov, weight_decay) = (self.momentum, self.nesterov, self.weight_decay);
        self.state.step("Sgd", module, (rate, &like(names)), |param, slot| {
            let step = Step {
                decay: T::from_f64(weight_decay * slot.group.decay),
                momentum: T::from_f64(momentum),
                rate: T::from_f64(rate * slot.group.rate),
                nesterov,
            };
            match names.len() {
                0 => apply::<T, 0>(param, &mut slot.arrays, step),
                _ => apply::<T, 1>(param, &mut slot.arrays, step),
            }
        });
    }

    fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>)) {
        let names = self.names();
        self.state.show("Sgd", module, &like(names), see);
    }

    fn steps(&self) -> u64 {
        self.state.steps
    }

    fn set_steps(&mut self, steps: u64) {
        self.state.steps = steps;
    }

    fn set_momentum(&mut self, momentum: f64) {
        // Whether there is momentum at all is decided when the optimizer is made: it decides what is remembered.
        if self.momentum > 0.0 {
            self.momentum = share("Sgd", "a momentum", momentum).max(f64::MIN_POSITIVE);
        }
    }
}
