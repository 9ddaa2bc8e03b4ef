//! Muon (Jordan and others 2024; `torch.optim.Muon`): momentum for matrices, with all directions of a step made equally
//! long.
//!
//! With the gradient `G` of a matrix `W`, the decay `λ`, the momentum `μ` and the rate `η`, a step is
//!
//! - `B ← μ B + (1 - μ) G`, a running mean that begins at 0;
//! - `D = B`, or with Nesterov `D = μ B + (1 - μ) G`;
//! - `W ← (1 - η λ) W - η r O`, where `O` is `D` made nearly orthogonal ([`orthogonalise`]) and `r` depends on the shape
//!   ([`Adjust`]).
//!
//! `B` is the array `momentum_buffer`. Kernels `[out, in, ..]` are taken as matrices `[out, rest]`, as their authors do;
//! PyTorch refuses them. All other parameters get AdamW's step, in the same optimizer: biases, norms, embeddings, and
//! what [`Muon::only`] leaves out. Their arrays are `exp_avg` and `exp_avg_sq`.

use ch01_tensors::{Array, Float};
use ch05_backprop::{Module, Param, Role};

use crate::options::{share, size};
use crate::{Groups, Optimizer, State, adamw_step, like, orthogonalise};

/// By which factor the rate of a matrix `[out, in]` goes by its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjust {
    /// `√max(1, out / in)`: PyTorch's default. Rates are of the order of 0.02, and AdamW's for the rest about 0.01 of it.
    Original,
    /// `0.2 √max(out, in)`: numbers then move about as far as AdamW's, and one rate does for both.
    MatchAdamW,
}

type Choose = dyn Fn(&str, Role) -> bool + Send;

/// Orthogonal steps for matrices, AdamW's for the rest.
pub struct Muon<T: Float = f32> {
    momentum: f64,
    nesterov: bool,
    weight_decay: f64,
    iterations: usize,
    adjust: Adjust,
    betas: (f64, f64),
    others: f64,
    only: Box<Choose>,
    state: State<T>,
}

impl<T: Float> Default for Muon<T> {
    fn default() -> Self {
        Muon::new()
    }
}

impl<T: Float> Muon<T> {
    /// Momentum 0.95 with Nesterov, decay 0.1 and five iterations, as PyTorch; but [`Adjust::MatchAdamW`], so that one
    /// rate does for all parameters. AdamW's betas are 0.9 and 0.95.
    pub fn new() -> Self {
        Muon {
            momentum: 0.95,
            nesterov: true,
            weight_decay: 0.1,
            iterations: 5,
            adjust: Adjust::MatchAdamW,
            betas: (0.9, 0.95),
            others: 1.0,
            only: Box::new(|_, _| true),
            state: State::default(),
        }
    }

    /// How much of the running mean stays from step to step.
    ///
    /// # Panics
    /// When it is not from 0 to below 1.
    #[track_caller]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = share("Muon", "a momentum", momentum);
        self
    }

    /// Whether the gradient is mixed into the mean once more before it is made orthogonal.
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.nesterov = nesterov;
        self
    }

    /// The pull towards 0, apart from the gradient, for the parameters that decay, those of AdamW's step too.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[track_caller]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = size("Muon", "a weight decay", weight_decay);
        self
    }

    /// How often the polynomial is applied.
    pub fn iterations(mut self, iterations: usize) -> Self {
        self.iterations = iterations;
        self
    }

    /// How the rate of a matrix depends on its shape.
    pub fn adjust(mut self, adjust: Adjust) -> Self {
        self.adjust = adjust;
        self
    }

    /// The rate of the parameters that get AdamW's step, as a multiple of the rate of the matrices, and its betas.
    ///
    /// # Panics
    /// When a beta is not from 0 to below 1, or the multiple negative or not finite.
    #[track_caller]
    pub fn others(mut self, rate: f64, betas: (f64, f64)) -> Self {
        self.others = size("Muon", "a rate for the others", rate);
        self.betas = (share("Muon", "a beta", betas.0), share("Muon", "a beta", betas.1));
        self
    }

    /// Which weights with at least two axes get Muon's step, by path and role. The last layer is better left to AdamW.
    pub fn only(mut self, choose: impl Fn(&str, Role) -> bool + Send + 'static) -> Self {
        self.only = Box::new(choose);
        self
    }

    /// Which parameters decay and at which rate they move.
    pub fn groups(mut self, groups: Groups) -> Self {
        self.state.groups = groups;
        self
    }
}

fn layout<T: Float>(only: &Choose, path: &str, param: &Param<T>) -> Vec<(&'static str, ch01_tensors::Shape)> {
    let matrix = param.role == Role::Weight && param.value.ndim() >= 2 && only(path, param.role);
    let names: &'static [&'static str] =
        if matrix { &["momentum_buffer"] } else { &["exp_avg", "exp_avg_sq"] };
    like(names)(path, param)
}

impl<T: Float> Optimizer<T> for Muon<T> {
    fn step(&mut self, module: &mut dyn Module<T>, rate: f64) {
        let Muon {
            momentum,
            nesterov,
            weight_decay,
            iterations,
            adjust,
            betas,
            others,
            ref only,
            ref mut state,
        } = *self;
        let layout = |path: &str, param: &Param<T>| layout(&**only, path, param);
        state.step("Muon", module, (rate, &layout), |param, slot| {
            let (rate, decay) = (rate * slot.group.rate, weight_decay * slot.group.decay);
            if slot.names().len() > 1 {
                return adamw_step(param, slot, rate * others, (betas, 1e-8, decay));
            }
            // ANCHOR: step
            let (stays, fresh) = (T::from_f64(momentum), T::from_f64(1.0 - momentum));
            let mean = &mut slot.arrays[0];
            mean.zip_assign("Muon", &param.grad, |b, g| stays * b + fresh * g);
            let ahead = || param.grad.zip_to("Muon", mean, |g, b| fresh * g + stays * b);
            let direction = if nesterov { ahead() } else { mean.clone() };
            let (rows, cols) = (direction.dim(0), direction.size() / direction.dim(0).max(1));
            let flat = direction.reshape([rows, cols]);
            let step = orthogonalise(&flat, iterations, 1e-7).contiguous().reshape(*param.value.shape());
            let adjusted = match adjust {
                Adjust::Original => (rows as f64 / cols as f64).max(1.0).sqrt(),
                Adjust::MatchAdamW => 0.2 * (rows.max(cols) as f64).sqrt(),
            };
            let (keep, size) = (T::from_f64(1.0 - rate * decay), T::from_f64(rate * adjusted));
            param.value.zip_assign("Muon", &step, |w, o| keep * w - size * o);
            // ANCHOR_END: step
        });
    }

    fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>)) {
        let only = &self.only;
        self.state.show("Muon", module, &|path, param| layout(&**only, path, param), see);
    }

    fn steps(&self) -> u64 {
        self.state.steps
    }

    fn set_steps(&mut self, steps: u64) {
        self.state.steps = steps;
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.momentum = share("Muon", "a momentum", momentum);
    }
}
