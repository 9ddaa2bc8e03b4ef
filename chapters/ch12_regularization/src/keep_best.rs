//! Early stopping that keeps the best weights and goes back to them (Keras' `restore_best_weights=True`).
//!
//! When [`EarlyStopping`] says stop, the best weights are `patience` observations old. [`KeepBest`] takes a copy of the
//! network's state at every improvement: parameters, and buffers such as running statistics. Arrays are copied only when the
//! next step writes to them (chapter 7), so a copy that is replaced soon costs little.

use std::collections::BTreeMap;

use ch01_tensors::{Array, Float};
use ch05_backprop::Module;
use ch07_modules::{StateError, load_state_dict, state_dict};
use ch12_regularization::{EarlyStopping, Verdict};

// ANCHOR: keep_best
/// Early stopping together with the weights of the best observation.
pub struct KeepBest<T: Float = f32> {
    /// What watches the figure.
    pub stopping: EarlyStopping,
    best: Option<BTreeMap<String, Array<T>>>,
}

impl<T: Float> KeepBest<T> {
    /// Watches with these rules.
    pub fn new(stopping: EarlyStopping) -> Self {
        KeepBest { stopping, best: None }
    }

    /// Takes note of the next figure of this network, and of its weights if it is the best so far.
    pub fn observe(&mut self, value: f64, model: &mut dyn Module<T>) -> Verdict {
        let verdict = self.stopping.observe(value);
        if verdict == Verdict::Improved {
            self.best = Some(state_dict(model));
        }
        verdict
    }

    /// Gives the network the weights of the best observation, and says whether there was one.
    ///
    /// # Errors
    /// When the network is another one than was observed.
    pub fn restore(&self, model: &mut dyn Module<T>) -> Result<bool, StateError> {
        match &self.best {
            Some(best) => load_state_dict(model, best).map(|()| true),
            None => Ok(false),
        }
    }
}
// ANCHOR_END: keep_best
