//! Adafactor (Shazeer and Stern 2018; `torch.optim.Adafactor`): Adam's second mean in the space of a row and a column.
//!
//! With the gradient `G` `[.., rows, cols]` of `W`, the decay `λ`, the rate `η` and the step number `t`, a step is
//!
//! - `W ← (1 - η λ) W`;
//! - `R ← R + (mean over cols of G² - R) t^f` and `C` likewise over rows: means whose memory grows, as `f < 0`;
//! - `V = R C / mean(R)`, the matrix with the means of rows and columns that `R` and `C` say;
//! - `U = G / √max(V, ε₁²)`, divided by `max(1, rms(U) / d)`: no step is larger than `d` on average;
//! - `W ← W - α U` with `α = max(ε₂, rms(W)) min(η, 1/√t)`: the rate is relative to the size of the weights.
//!
//! `rms(W)` is that of before the decay. The arrays are `row_var` `[.., rows, 1]` and `col_var` `[.., 1, cols]`; of vectors and
//! scalars `variance`, as large as they. There is no first mean: a matrix of 1000 x 1000 costs 2000 numbers, not two million.

use ch01_tensors::{Array, Float, Shape};
use ch05_backprop::{Module, Param};

use crate::options::size;
use crate::{Groups, Optimizer, State, scale, sum_of_squares};

/// Adaptive steps with hardly any memory.
pub struct Adafactor<T: Float = f32> {
    forget: f64,
    eps: (f64, f64),
    longest: f64,
    weight_decay: f64,
    state: State<T>,
}

impl<T: Float> Default for Adafactor<T> {
    fn default() -> Self {
        Adafactor::new()
    }
}

impl<T: Float> Adafactor<T> {
    /// PyTorch's defaults: forget -0.8, eps of the type's rounding and 1e-3, d 1, no decay.
    pub fn new() -> Self {
        let eps = (T::EPSILON.to_f64(), 1e-3);
        Adafactor { forget: -0.8, eps, longest: 1.0, weight_decay: 0.0, state: State::default() }
    }

    /// The power of `t` that is the share of the new in the means, PyTorch's `beta2_decay`.
    ///
    /// # Panics
    /// When it is positive or NaN.
    #[track_caller]
    pub fn forget(mut self, power: f64) -> Self {
        self.forget = -size("Adafactor", "a power, negated,", -power);
        self
    }

    /// The smallest root of a mean square, and the smallest size of weights that the rate goes by.
    ///
    /// # Panics
    /// When one is negative or not finite.
    #[track_caller]
    pub fn eps(mut self, root: f64, weights: f64) -> Self {
        self.eps = (size("Adafactor", "an eps", root), size("Adafactor", "an eps", weights));
        self
    }

    /// The largest root mean square of a step before the rate, PyTorch's `d`.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn longest(mut self, longest: f64) -> Self {
        self.longest = size("Adafactor", "a longest step", longest);
        self
    }

    /// The pull towards 0, apart from the gradient, for the parameters that decay.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = size("Adafactor", "a weight decay", weight_decay);
        self
    }

    /// Which parameters decay and at which rate they move.
    pub fn groups(mut self, groups: Groups) -> Self {
        self.state.groups = groups;
        self
    }
}

fn layout<T: Float>(_: &str, param: &Param<T>) -> Vec<(&'static str, Shape)> {
    let shape = *param.value.shape();
    let Some(rows) = shape.len().checked_sub(2) else { return vec![("variance", shape)] };
    let one = |axis: usize| {
        let mut shape = shape;
        shape[axis] = 1;
        shape
    };
    vec![("row_var", one(rows + 1)), ("col_var", one(rows))]
}

// ANCHOR: step
/// The running means of squares and from them the step, before the rate.
fn direction<T: Float>(grad: &Array<T>, means: &mut [Array<T>], fresh: T, smallest: T) -> Array<T> {
    let squares = grad.map_to(|g| g * g);
    let by_root = |g: T, v: T| g / if v < smallest * smallest { smallest } else { v.sqrt() };
    match means {
        [row, col] => {
            for (mean, axis) in [(&mut *row, -1isize), (&mut *col, -2)] {
                mean.zip_assign("Adafactor", &squares.mean(axis, true), |old, new| old + (new - old) * fresh);
            }
            let whole = row.mean(-2isize, true);
            let share = row.zip_to("Adafactor", &whole, |r, m| r / if m < smallest { smallest } else { m });
            grad.zip_to("Adafactor", &(&share * &*col), by_root)
        }
        means => {
            means[0].zip_assign("Adafactor", &squares, |old, new| old + (new - old) * fresh);
            grad.zip_to("Adafactor", &means[0], by_root)
        }
    }
}
// ANCHOR_END: step

fn rms<T: Float>(array: &Array<T>) -> f64 {
    (sum_of_squares(array) / array.size().max(1) as f64).sqrt()
}

impl<T: Float> Optimizer<T> for Adafactor<T> {
    fn step(&mut self, module: &mut dyn Module<T>, rate: f64) {
        let Adafactor { forget, eps, longest, weight_decay, ref mut state } = *self;
        state.step("Adafactor", module, (rate, &layout), |param, slot| {
            if param.value.size() == 0 {
                return;
            }
            let (t, rate) = (slot.steps as f64, rate * slot.group.rate);
            let relative = rms(&param.value).max(eps.1) * rate.min(1.0 / t.sqrt());
            let decay = weight_decay * slot.group.decay;
            if decay > 0.0 {
                scale(&mut param.value, 1.0 - rate * decay);
            }
            let (fresh, smallest) = (T::from_f64(t.powf(forget)), T::from_f64(eps.0));
            let step = direction(&param.grad, &mut slot.arrays, fresh, smallest);
            let size = T::from_f64(relative / (rms(&step) / longest).max(1.0));
            param.value.zip_assign("Adafactor", &step, |w, u| w - size * u);
        });
    }

    fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>)) {
        self.state.show("Adafactor", module, &layout, see);
    }

    fn steps(&self) -> u64 {
        self.state.steps
    }

    fn set_steps(&mut self, steps: u64) {
        self.state.steps = steps;
    }
}
