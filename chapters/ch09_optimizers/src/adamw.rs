//! AdamW: Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019; `torch.optim.AdamW`).
//!
//! With the gradient `g`, the value `w`, the rate `η`, the decay `λ` and the step number `t`, counted from 1, a step is
//!
//! - `w ← (1 - η λ) w`;
//! - `m ← β₁ m + (1 - β₁) g` and `v ← β₂ v + (1 - β₂) g²`, running means that begin at 0;
//! - `m̂ = m / (1 - β₁ᵗ)` and `v̂ = v / (1 - β₂ᵗ)`, which take away the pull of that beginning;
//! - `w ← w - η m̂ / (√v̂ + ε)`.
//!
//! `m` and `v` are the arrays `exp_avg` and `exp_avg_sq`. Left out: AMSGrad (see `Adam`).

use ch01_tensors::{Array, Float};
use ch05_backprop::{Module, Param};
use ch09_optimizers::options::{share, size};
use ch09_optimizers::{Groups, Optimizer, Rule, Slot, State, apply, like};

/// Adam with decoupled weight decay.
pub struct AdamW<T: Float = f32> {
    betas: (f64, f64),
    eps: f64,
    weight_decay: f64,
    state: State<T>,
}

impl<T: Float> Default for AdamW<T> {
    fn default() -> Self {
        AdamW::new()
    }
}

impl<T: Float> AdamW<T> {
    /// PyTorch's defaults: betas 0.9 and 0.999, eps 1e-8, weight decay 0.01. Unlike there, only the parameters that
    /// [`Groups`] chooses decay.
    pub fn new() -> Self {
        AdamW { betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.01, state: State::default() }
    }

    /// How much of the two running means stays from step to step.
    ///
    /// # Panics
    /// When one is not from 0 to below 1.
    #[track_caller]
    pub fn betas(mut self, mean: f64, square: f64) -> Self {
        self.betas = (share("AdamW", "a beta", mean), share("AdamW", "a beta", square));
        self
    }

    /// What is added to the root, so that nothing is divided by 0.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = size("AdamW", "an eps", eps);
        self
    }

    /// The pull towards 0, apart from the gradient, for the parameters that decay (see [`groups`](AdamW::groups)).
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = size("AdamW", "a weight decay", weight_decay);
        self
    }

    /// Which parameters decay and at which rate they move.
    pub fn groups(mut self, groups: Groups) -> Self {
        self.state.groups = groups;
        self
    }
}

// ANCHOR: rule
/// The numbers of a step of one parameter: `β₁`, `β₂`, `1 - β₁`, `1 - β₂`, and what `corrections` computes. A relative of Adam
/// that changes what goes in or what comes out changes nothing in here.
#[derive(Clone, Copy)]
pub struct AdamStep<T> {
    mean: T,
    square: T,
    mean_new: T,
    square_new: T,
    pub(crate) size: T,
    pub(crate) unbias: T,
    keep: T,
    pub(crate) eps: T,
}

/// What is the same for all numbers of a parameter, computed in f64: `size` and `unbias` for the step number `t`, counted
/// from 1, and `keep`.
fn corrections((mean, square): (f64, f64), t: f64, rate: f64, decay: f64) -> [f64; 3] {
    // exercise: corrections - `size` is the rate divided by what the running mean is short of, `1 - β₁ᵗ`; `unbias` is
    // what makes the root of `v` right, one over the root of `1 - β₂ᵗ`; `keep` is what the decay leaves of a value.
    // Return the three in this order.
    let size = rate / (1.0 - mean.powf(t));
    let unbias = 1.0 / (1.0 - square.powf(t)).sqrt();
    let keep = 1.0 - rate * decay;
    [size, unbias, keep]
    // exercise: end
}

impl<T: Float> Rule<T, 2> for AdamStep<T> {
    #[inline(always)]
    fn at(self, value: T, grad: T, [m, v]: [T; 2]) -> (T, [T; 2]) {
        // exercise: update - Move the two running means. Let the decay leave `self.keep` of the value, and move it by
        // `self.size` times the mean over the root, which is `self.unbias` times the root of `v`, plus `self.eps`.
        let m = self.mean * m + self.mean_new * grad;
        let v = self.square * v + self.square_new * grad * grad;
        let root = self.unbias * v.sqrt() + self.eps;
        (self.keep * value - self.size * m / root, [m, v])
        // exercise: end
    }
}
// ANCHOR_END: rule

impl<T: Float> AdamStep<T> {
    /// The step with number `t`, counted from 1, at this rate, with this decay apart from the gradient.
    pub fn new(betas: (f64, f64), eps: f64, t: u64, rate: f64, decay: f64) -> Self {
        let fixed = [betas.0, betas.1, 1.0 - betas.0, 1.0 - betas.1, eps].map(T::from_f64);
        let moving = corrections(betas, t as f64, rate, decay).map(T::from_f64);
        let ([mean, square, mean_new, square_new, eps], [size, unbias, keep]) = (fixed, moving);
        AdamStep { mean, square, mean_new, square_new, size, unbias, keep, eps }
    }
}

/// AdamW's step for one parameter, whose slot holds its two means.
pub fn adamw_step<T: Float>(
    param: &mut Param<T>,
    slot: &mut Slot<T>,
    rate: f64,
    (betas, eps, decay): ((f64, f64), f64, f64),
) {
    apply::<T, 2>(param, &mut slot.arrays, AdamStep::new(betas, eps, slot.steps, rate, decay));
}

impl<T: Float> Optimizer<T> for AdamW<T> {
    fn step(&mut self, module: &mut dyn Module<T>, rate: f64) {
        let AdamW { betas, eps, weight_decay, ref mut state } = *self;
        state.step("AdamW", module, (rate, &like(&NAMES)), |param, slot| {
            let decay = weight_decay * slot.group.decay;
            adamw_step(param, slot, rate * slot.group.rate, (betas, eps, decay));
        });
    }

    fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>)) {
        self.state.show("AdamW", module, &like(&NAMES), see);
    }

    fn steps(&self) -> u64 {
        self.state.steps
    }

    fn set_steps(&mut self, steps: u64) {
        self.state.steps = steps;
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.betas.0 = share("AdamW", "a momentum", momentum);
    }
}

const NAMES: [&str; 2] = ["exp_avg", "exp_avg_sq"];
