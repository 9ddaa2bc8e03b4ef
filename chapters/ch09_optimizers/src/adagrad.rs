//! AdaGrad (Duchi, Hazan and Singer 2011; `torch.optim.Adagrad`): the rate of a number falls with the squares of all its
//! gradients so far.
//!
//! With the gradient `g`, the value `w`, the decay `λ` and the rate `η`, a step is
//!
//! - `g ← g + λ w`;
//! - `s ← s + g²`, a sum from which nothing fades, that begins at `initial`;
//! - `w ← w - η g / (√s + ε)`, where `η` is divided by `1 + (t - 1) fall` at step `t`.
//!
//! `s` is the array `sum`. Made for gradients that are mostly 0: a number that seldom has one keeps a large rate.

use ch01_tensors::{Array, Float};
use ch05_backprop::Module;

use crate::options::size;
use crate::{Groups, Optimizer, Rule, State, apply, like};

/// Gradient descent with a rate for each number, that falls with its gradients.
pub struct AdaGrad<T: Float = f32> {
    fall: f64,
    initial: f64,
    eps: f64,
    weight_decay: f64,
    state: State<T>,
}

impl<T: Float> Default for AdaGrad<T> {
    fn default() -> Self {
        AdaGrad::new()
    }
}

impl<T: Float> AdaGrad<T> {
    /// PyTorch's defaults: eps 1e-10, and 0 for all the rest.
    pub fn new() -> Self {
        AdaGrad { fall: 0.0, initial: 0.0, eps: 1e-10, weight_decay: 0.0, state: State::default() }
    }

    /// How fast the rate falls by itself, PyTorch's `lr_decay`: after `1 / fall` steps it is half as large.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn fall(mut self, fall: f64) -> Self {
        self.fall = size("AdaGrad", "a fall", fall);
        self
    }

    /// Where the sums begin, PyTorch's `initial_accumulator_value`.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn initial(mut self, initial: f64) -> Self {
        self.initial = size("AdaGrad", "an initial sum", initial);
        self
    }

    /// What is added to the root, so that nothing is divided by 0.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = size("AdaGrad", "an eps", eps);
        self
    }

    /// The pull towards 0, added to the gradient, for the parameters that decay.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = size("AdaGrad", "a weight decay", weight_decay);
        self
    }

    /// Which parameters decay and at which rate they move.
    pub fn groups(mut self, groups: Groups) -> Self {
        self.state.groups = groups;
        self
    }
}

// ANCHOR: rule
#[derive(Clone, Copy)]
struct Step<T> {
    decay: T,
    rate: T,
    eps: T,
}

impl<T: Float> Rule<T, 1> for Step<T> {
    #[inline(always)]
    fn at(self, value: T, grad: T, [sum]: [T; 1]) -> (T, [T; 1]) {
        let grad = grad + self.decay * value;
        let sum = sum + grad * grad;
        (value - self.rate * grad / (sum.sqrt() + self.eps), [sum])
    }
}
// ANCHOR_END: rule

impl<T: Float> Optimizer<T> for AdaGrad<T> {
    fn step(&mut self, module: &mut dyn Module<T>, rate: f64) {
        let AdaGrad { fall, initial, eps, weight_decay, ref mut state } = *self;
        state.step("AdaGrad", module, (rate, &like(&NAMES)), |param, slot| {
            if slot.steps == 1 && initial > 0.0 {
                slot.arrays[0].fill(T::from_f64(initial));
            }
            let rate = rate * slot.group.rate / (1.0 + (slot.steps - 1) as f64 * fall);
            let [decay, rate, eps] = [weight_decay * slot.group.decay, rate, eps].map(T::from_f64);
            apply::<T, 1>(param, &mut slot.arrays, Step { decay, rate, eps });
        });
    }

    fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>)) {
        self.state.show("AdaGrad", module, &like(&NAMES), see);
    }

    fn steps(&self) -> u64 {
        self.state.steps
    }

    fn set_steps(&mut self, steps: u64) {
        self.state.steps = steps;
    }
}

const NAMES: [&str; 1] = ["sum"];
