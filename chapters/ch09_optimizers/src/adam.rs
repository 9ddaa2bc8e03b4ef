//! Adam as first published (Kingma and Ba 2015; `torch.optim.Adam`), with the decay inside the gradient, and AMSGrad
//! (Reddi, Kale and Kumar 2018).
//!
//! A step is that of [`AdamW`](crate::AdamW) without its decay, with two differences: the decay `λ` joins the gradient, `g ← g + λ w`, and
//! is then divided by the root as everything else is; and AMSGrad divides by the largest `v` so far instead of by `v`,
//! so that no rate grows again.
//!
//! The arrays are `exp_avg`, `exp_avg_sq` and, with AMSGrad, `max_exp_avg_sq`.

use ch01_tensors::{Array, Float};
use ch05_backprop::Module;

use crate::options::{share, size};
use crate::{AdamStep, Groups, Optimizer, Rule, State, apply, like};

/// Adam with its old decay, and with AMSGrad if wanted.
pub struct Adam<T: Float = f32> {
    betas: (f64, f64),
    eps: f64,
    weight_decay: f64,
    amsgrad: bool,
    state: State<T>,
}

impl<T: Float> Default for Adam<T> {
    fn default() -> Self {
        Adam::new()
    }
}

impl<T: Float> Adam<T> {
    /// PyTorch's defaults: betas 0.9 and 0.999, eps 1e-8, no decay, no AMSGrad.
    pub fn new() -> Self {
        Adam { betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.0, amsgrad: false, state: State::default() }
    }

    /// How much of the two running means stays from step to step.
    ///
    /// # Panics
    /// When one is not from 0 to below 1.
    #[track_caller]
    pub fn betas(mut self, mean: f64, square: f64) -> Self {
        self.betas = (share("Adam", "a beta", mean), share("Adam", "a beta", square));
        self
    }

    /// What is added to the root, so that nothing is divided by 0.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = size("Adam", "an eps", eps);
        self
    }

    /// The pull towards 0, added to the gradient, for the parameters that decay.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = size("Adam", "a weight decay", weight_decay);
        self
    }

    /// Whether to divide by the largest mean of squares so far.
    pub fn amsgrad(mut self, amsgrad: bool) -> Self {
        self.amsgrad = amsgrad;
        self
    }

    /// Which parameters decay and at which rate they move.
    pub fn groups(mut self, groups: Groups) -> Self {
        self.state.groups = groups;
        self
    }

    fn names(&self) -> &'static [&'static str] {
        let all: &[&str] = &["exp_avg", "exp_avg_sq", "max_exp_avg_sq"];
        if self.amsgrad { all } else { &all[..2] }
    }
}

// ANCHOR: rule
/// AdamW's step without its decay, and the decay that joins the gradient.
#[derive(Clone, Copy)]
struct Step<T> {
    adam: AdamStep<T>,
    decay: T,
}

impl<T: Float> Rule<T, 2> for Step<T> {
    #[inline(always)]
    fn at(self, value: T, grad: T, means: [T; 2]) -> (T, [T; 2]) {
        self.adam.at(value, grad + self.decay * value, means)
    }
}

impl<T: Float> Rule<T, 3> for Step<T> {
    #[inline(always)]
    fn at(self, value: T, grad: T, [m, v, largest]: [T; 3]) -> (T, [T; 3]) {
        // Only the means of this step count.
        let (_, [m, v]) = self.at(value, grad, [m, v]);
        // A NaN stays one, as in PyTorch.
        let largest = if v <= largest { largest } else { v };
        let AdamStep { size, unbias, eps, .. } = self.adam;
        (value - size * m / (unbias * largest.sqrt() + eps), [m, v, largest])
    }
}
// ANCHOR_END: rule

impl<T: Float> Optimizer<T> for Adam<T> {
    fn step(&mut self, module: &mut dyn Module<T>, rate: f64) {
        let names = self.names();
        let Adam { betas, eps, weight_decay, amsgrad, ref mut state } = *self;
        state.step("Adam", module, (rate, &like(names)), |param, slot| {
            let adam = AdamStep::new(betas, eps, slot.steps, rate * slot.group.rate, 0.0);
            let step = Step { adam, decay: T::from_f64(weight_decay * slot.group.decay) };
            if amsgrad {
                apply::<T, 3>(param, &mut slot.arrays, step);
            } else {
                apply::<T, 2>(param, &mut slot.arrays, step);
            }
        });
    }

    fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>)) {
        let names = self.names();
        self.state.show("Adam", module, &like(names), see);
    }

    fn steps(&self) -> u64 {
        self.state.steps
    }

    fn set_steps(&mut self, steps: u64) {
        self.state.steps = steps;
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.betas.0 = share("Adam", "a momentum", momentum);
    }
}
