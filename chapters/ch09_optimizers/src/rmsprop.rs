//! RMSprop (Tieleman and Hinton 2012; Graves 2013 for the centered one; `torch.optim.RMSprop`): the gradient divided by
//! the root of a running mean of its square.
//!
//! With the gradient `g`, the value `w`, the decay `λ`, the momentum `μ` and the rate `η`, a step is
//!
//! - `g ← g + λ w`;
//! - `v ← α v + (1 - α) g²`, a running mean that begins at 0 and, unlike Adam's, is not corrected for it;
//! - centered: `a ← α a + (1 - α) g`, and the variance `v - a²` stands for `v` in what follows;
//! - `d = g / (√v + ε)`; with momentum `b ← μ b + d`, and `b` stands for `d`;
//! - `w ← w - η d`.
//!
//! The arrays are `square_avg`, `grad_avg` and `momentum_buffer`; those that are not needed are not kept. Where rounding
//! makes `v - a²` negative it counts as 0; PyTorch's root is NaN there.

use ch01_tensors::{Array, Float};
use ch05_backprop::Module;

use crate::options::{share, size};
use crate::{Groups, Optimizer, Rule, State, apply, like};

/// Gradient descent by the size of recent gradients.
pub struct RmsProp<T: Float = f32> {
    alpha: f64,
    eps: f64,
    momentum: f64,
    centered: bool,
    weight_decay: f64,
    state: State<T>,
}

impl<T: Float> Default for RmsProp<T> {
    fn default() -> Self {
        RmsProp::new()
    }
}

impl<T: Float> RmsProp<T> {
    /// PyTorch's defaults: alpha 0.99, eps 1e-8, no momentum, not centered, no decay.
    pub fn new() -> Self {
        let state = State::default();
        RmsProp { alpha: 0.99, eps: 1e-8, momentum: 0.0, centered: false, weight_decay: 0.0, state }
    }

    /// How much of the running mean stays from step to step.
    ///
    /// # Panics
    /// When it is not from 0 to below 1.
    #[track_caller]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = share("RmsProp", "an alpha", alpha);
        self
    }

    /// What is added to the root, so that nothing is divided by 0.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = size("RmsProp", "an eps", eps);
        self
    }

    /// How much of the running sum of steps stays.
    ///
    /// # Panics
    /// When it is not from 0 to below 1.
    #[track_caller]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = share("RmsProp", "a momentum", momentum);
        self
    }

    /// Whether to divide by the standard deviation of the gradients instead of the root of their mean square.
    pub fn centered(mut self, centered: bool) -> Self {
        self.centered = centered;
        self
    }

    /// The pull towards 0, added to the gradient, for the parameters that decay.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = size("RmsProp", "a weight decay", weight_decay);
        self
    }

    /// Which parameters decay and at which rate they move.
    pub fn groups(mut self, groups: Groups) -> Self {
        self.state.groups = groups;
        self
    }

    fn names(&self) -> &'static [&'static str] {
        match (self.centered, self.momentum > 0.0) {
            (false, false) => &["square_avg"],
            (true, false) => &["square_avg", "grad_avg"],
            (false, true) => &["square_avg", "momentum_buffer"],
            (true, true) => &["square_avg", "grad_avg", "momentum_buffer"],
        }
    }
}

// ANCHOR: rule
#[derive(Clone, Copy)]
struct Step<T> {
    alpha: T,
    fresh: T,
    eps: T,
    momentum: T,
    decay: T,
    rate: T,
    centered: bool,
}

impl<T: Float> Step<T> {
    /// The gradient with the decay, and the new mean of squares.
    #[inline(always)]
    fn square(self, value: T, grad: T, square: T) -> (T, T) {
        let grad = grad + self.decay * value;
        (grad, self.alpha * square + self.fresh * grad * grad)
    }

    /// The new mean of gradients, and the standard deviation.
    #[inline(always)]
    fn centre(self, grad: T, square: T, mean: T) -> (T, T) {
        let mean = self.alpha * mean + self.fresh * grad;
        let variance = square - mean * mean;
        (mean, if variance < T::ZERO { T::ZERO } else { variance }.sqrt())
    }
}

impl<T: Float> Rule<T, 1> for Step<T> {
    #[inline(always)]
    fn at(self, value: T, grad: T, [square]: [T; 1]) -> (T, [T; 1]) {
        let (grad, square) = self.square(value, grad, square);
        (value - self.rate * grad / (square.sqrt() + self.eps), [square])
    }
}

/// The second array is the mean of gradients if centered, else the running sum of steps.
impl<T: Float> Rule<T, 2> for Step<T> {
    #[inline(always)]
    fn at(self, value: T, grad: T, [square, second]: [T; 2]) -> (T, [T; 2]) {
        let (grad, square) = self.square(value, grad, square);
        if self.centered {
            let (mean, root) = self.centre(grad, square, second);
            (value - self.rate * grad / (root + self.eps), [square, mean])
        } else {
            let sum = self.momentum * second + grad / (square.sqrt() + self.eps);
            (value - self.rate * sum, [square, sum])
        }
    }
}

impl<T: Float> Rule<T, 3> for Step<T> {
    #[inline(always)]
    fn at(self, value: T, grad: T, [square, mean, sum]: [T; 3]) -> (T, [T; 3]) {
        let (grad, square) = self.square(value, grad, square);
        let (mean, root) = self.centre(grad, square, mean);
        let sum = self.momentum * sum + grad / (root + self.eps);
        (value - self.rate * sum, [square, mean, sum])
    }
}
// ANCHOR_END: rule

impl<T: Float> Optimizer<T> for RmsProp<T> {
    fn step(&mut self, module: &mut dyn Module<T>, rate: f64) {
        let names = self.names();
        let RmsProp { alpha, eps, momentum, centered, weight_decay, ref mut state } = *self;
        state.step("RmsProp", module, (rate, &like(names)), |param, slot| {
            let moving = [weight_decay * slot.group.decay, rate * slot.group.rate].map(T::from_f64);
            let fixed = [alpha, 1.0 - alpha, eps, momentum].map(T::from_f64);
            let ([decay, rate], [alpha, fresh, eps, momentum]) = (moving, fixed);
            let step = Step { alpha, fresh, eps, momentum, decay, rate, centered };
            match names.len() {
                1 => apply::<T, 1>(param, &mut slot.arrays, step),
                2 => apply::<T, 2>(param, &mut slot.arrays, step),
                _ => apply::<T, 3>(param, &mut slot.arrays, step),
            }
        });
    }

    fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>)) {
        let names = self.names();
        self.state.show("RmsProp", module, &like(names), see);
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
            self.momentum = share("RmsProp", "a momentum", momentum).max(f64::MIN_POSITIVE);
        }
    }
}
