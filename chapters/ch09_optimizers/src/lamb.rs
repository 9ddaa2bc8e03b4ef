//! LAMB (You and others 2020): AdamW whose step, layer by layer, is as long as the weights are.
//!
//! With Adam's corrected means `m̂` and `v̂`, the value `w`, the decay `λ` and the rate `η`, a step is
//!
//! - `d = m̂ / (√v̂ + ε) + λ w`, the direction;
//! - `w ← w - η (|w| / |d|) d`, so that the layer moves by the share `η` of its own length.
//!
//! The arrays are `exp_avg` and `exp_avg_sq`. As in the authors' program, biases, norms and activations move by `η d`, and
//! so does a weight while one of the norms is 0. The paper's `φ` is the identity. PyTorch has no LAMB.

use ch01_tensors::{Array, Float};
use ch05_backprop::{Module, Param};

use crate::lars::{adapts, ratio};
use crate::options::{share, size};
use crate::{AdamStep, Groups, Optimizer, Rule, State, apply, like, sum_of_squares};

/// AdamW with a rate for each layer.
pub struct Lamb<T: Float = f32> {
    betas: (f64, f64),
    eps: f64,
    weight_decay: f64,
    state: State<T>,
}

impl<T: Float> Default for Lamb<T> {
    fn default() -> Self {
        Lamb::new()
    }
}

impl<T: Float> Lamb<T> {
    /// The paper's numbers: betas 0.9 and 0.999, eps 1e-6, decay 0.01.
    pub fn new() -> Self {
        Lamb { betas: (0.9, 0.999), eps: 1e-6, weight_decay: 0.01, state: State::default() }
    }

    /// How much of the two running means stays from step to step.
    ///
    /// # Panics
    /// When one is not from 0 to below 1.
    #[track_caller]
    pub fn betas(mut self, mean: f64, square: f64) -> Self {
        self.betas = (share("Lamb", "a beta", mean), share("Lamb", "a beta", square));
        self
    }

    /// What is added to the root, so that nothing is divided by 0.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = size("Lamb", "an eps", eps);
        self
    }

    /// The pull towards 0, a part of the direction, for the parameters that decay.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = size("Lamb", "a weight decay", weight_decay);
        self
    }

    /// Which parameters decay and at which rate they move.
    pub fn groups(mut self, groups: Groups) -> Self {
        self.state.groups = groups;
        self
    }
}

// ANCHOR: rule
/// Moves the two means; the new value is the direction, that of AdamW's step at the rate 1 with the decay.
#[derive(Clone, Copy)]
struct Direction<T> {
    adam: AdamStep<T>,
    decay: T,
}

impl<T: Float> Rule<T, 2> for Direction<T> {
    #[inline(always)]
    fn at(self, value: T, grad: T, means: [T; 2]) -> (T, [T; 2]) {
        // From 0, so that the way is all there is.
        let (way, means) = self.adam.at(T::ZERO, grad, means);
        (self.decay * value - way, means)
    }
}
// ANCHOR_END: rule

impl<T: Float> Optimizer<T> for Lamb<T> {
    fn step(&mut self, module: &mut dyn Module<T>, rate: f64) {
        let Lamb { betas, eps, weight_decay, ref mut state } = *self;
        state.step("Lamb", module, (rate, &like(&NAMES)), |param, slot| {
            let adam = AdamStep::new(betas, eps, slot.steps, 1.0, 0.0);
            let rule = Direction { adam, decay: T::from_f64(weight_decay * slot.group.decay) };
            // A copy of the value, which becomes the direction.
            let mut direction = Param::clone(param);
            apply::<T, 2>(&mut direction, &mut slot.arrays, rule);
            let ratio = if adapts(param.role) {
                let [value, step] =
                    [&param.value, &direction.value].map(|array| sum_of_squares(array).sqrt());
                ratio(value, step)
            } else {
                1.0
            };
            let rate = T::from_f64(rate * slot.group.rate * ratio);
            param.value.zip_assign("Lamb", &direction.value, |w, d| w - rate * d);
        });
    }

    fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>)) {
        self.state.show("Lamb", module, &like(&NAMES), see);
    }

    fn steps(&self) -> u64 {
        self.state.steps
    }

    fn set_steps(&mut self, steps: u64) {
        self.state.steps = steps;
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.betas.0 = share("Lamb", "a momentum", momentum);
    }
}

const NAMES: [&str; 2] = ["exp_avg", "exp_avg_sq"];
