//! A running mean of the weights (Polyak and Juditsky 1992; Tarvainen and Valpola 2017;
//! `torch.optim.swa_utils.AveragedModel` with `get_ema_multi_avg_fn` and `use_buffers`).
//!
//! After each step, `a ← a + (1 - d) (w - a)` for every parameter and buffer. Weights that rattle around a minimum have a
//! mean that is nearer to it than they are. To use the means, swap them with the weights; swap again to train on.
//!
//! Running statistics of normalisations are averaged along: they belong to the weights with which they were measured.
//! With `warmup` the decay is at most `(1 + t) / (10 + t)` at update `t`, so that the first, random weights are forgotten
//! soon (as TensorFlow's `ExponentialMovingAverage` does with `num_updates`).

use ch01_tensors::{Array, Float, fail};
use ch05_backprop::{Entry, Module, Visitor};

/// Running means of the weights of one module.
pub struct Ema<T: Float = f32> {
    decay: f64,
    warmup: bool,
    updates: u64,
    swapped: bool,
    means: Vec<Array<T>>,
}

impl<T: Float> Ema<T> {
    /// Means of which the share `decay` stays at each update; 0.999 remembers some thousand steps.
    ///
    /// # Panics
    /// When it is not from 0 to below 1.
    #[track_caller]
    pub fn new(decay: f64) -> Self {
        let decay = crate::options::share("Ema", "a decay", decay);
        Ema { decay, warmup: false, updates: 0, swapped: false, means: Vec::new() }
    }

    /// Whether the decay begins lower, as long as there are few updates.
    pub fn warmup(mut self, warmup: bool) -> Self {
        self.warmup = warmup;
        self
    }

    // ANCHOR: update
    /// Moves the means towards the weights; the first update copies them. To be called after each step.
    ///
    /// # Panics
    /// While the means are swapped with the weights, or when the module is not the one of before.
    #[track_caller]
    pub fn update(&mut self, module: &mut dyn Module<T>) {
        if self.swapped {
            fail("Ema", format_args!("update while the means are in the module: swap back first"));
        }
        let t = self.updates as f64;
        let decay = if self.warmup { self.decay.min((1.0 + t) / (10.0 + t)) } else { self.decay };
        let fresh = if self.updates == 0 { T::ONE } else { T::from_f64(1.0 - decay) };
        self.updates += 1;
        self.for_each(module, |_, weight, mean| {
            mean.zip_assign("Ema", weight, |a, w| a + (w - a) * fresh);
        });
    }

    /// Swaps the weights of the module with their means; nothing is copied.
    ///
    /// # Panics
    /// Before the first update, or when the module is not the one of before.
    #[track_caller]
    pub fn swap(&mut self, module: &mut dyn Module<T>) {
        if self.updates == 0 {
            fail("Ema", format_args!("there are no means before the first update"));
        }
        self.swapped = !self.swapped;
        self.for_each(module, |_, weight, mean| std::mem::swap(weight, mean));
    }
    // ANCHOR_END: update

    /// Whether the means are in the module at the moment.
    pub fn swapped(&self) -> bool {
        self.swapped
    }

    /// How many updates there were.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Overwrites [`updates`](Ema::updates), when saved means are restored.
    pub fn set_updates(&mut self, updates: u64) {
        self.updates = updates;
    }

    /// Shows every mean as `ema.PATH`: to save it, or to overwrite it with what was saved.
    ///
    /// # Panics
    /// While the means are swapped with the weights: what is shown would be the weights.
    #[track_caller]
    pub fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>)) {
        if self.swapped {
            fail("Ema", format_args!("the means are in the module: swap back before saving"));
        }
        self.for_each(module, |path, _, mean| see(&format!("ema.{path}"), mean));
    }

    fn for_each(
        &mut self,
        module: &mut dyn Module<T>,
        mut see: impl FnMut(&ch05_backprop::Path<'_>, &mut Array<T>, &mut Array<T>),
    ) {
        let (means, mut place) = (&mut self.means, 0);
        module.visit(&mut Visitor::new(&mut |path, entry| {
            let weight = match entry {
                Entry::Param(param) => &mut param.value,
                Entry::Buffer(buffer) => buffer,
                Entry::Stream(_) => return,
            };
            if means.len() == place {
                means.push(weight.zeros_like());
            }
            let mean = &mut means[place];
            place += 1;
            if mean.shape() != weight.shape() {
                let (weight, mean) = (weight.shape(), mean.shape());
                fail(
                    "Ema",
                    format_args!("{path} has shape {weight:?} but its mean {mean:?}: one mean, one module"),
                );
            }
            see(path, weight, mean);
        }));
    }
}
