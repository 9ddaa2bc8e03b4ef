//! Parameters that are frozen and thawed in the course of training.
//!
//! What is frozen depends on the step alone, so a training that is resumed goes on with the right ones. The rule is asked
//! where a new phase begins, not at every step.

use ch01_tensors::{Array, Float};
use ch05_backprop::{Module, for_each_param};
use ch09_optimizers::Optimizer;

/// Whether a parameter is frozen in a phase: its path, and the number of the phase from 0.
type Rule = Box<dyn Fn(&str, usize) -> bool + Send>;

/// Any optimizer, which trains other parameters in each phase.
pub struct Freezing<T: Float = f32> {
    inner: Box<dyn Optimizer<T>>,
    /// The steps before which a new phase begins, in ascending order.
    phases: Vec<u64>,
    frozen: Rule,
    /// The phase whose rule holds now.
    now: Option<usize>,
}

impl<T: Float> Freezing<T> {
    /// Phase `n` begins when `phases[n - 1]` steps are done, phase 0 at the start; `frozen` says what is left alone in it,
    /// and everything else is trained.
    ///
    /// # Panics
    /// When the steps do not ascend.
    #[track_caller]
    pub fn new(
        inner: Box<dyn Optimizer<T>>,
        phases: &[u64],
        frozen: impl Fn(&str, usize) -> bool + Send + 'static,
    ) -> Self {
        assert!(phases.is_sorted(), "Freezing: the steps {phases:?} do not ascend");
        Freezing { inner, phases: phases.to_vec(), frozen: Box::new(frozen), now: None }
    }

    /// The phase after so many steps.
    pub fn phase(&self, steps: u64) -> usize {
        self.phases.partition_point(|&begin| begin <= steps)
    }
}

impl<T: Float> Optimizer<T> for Freezing<T> {
    // ANCHOR: step
    fn step(&mut self, module: &mut dyn Module<T>, rate: f64) {
        let phase = self.phase(self.inner.steps());
        if self.now != Some(phase) {
            for_each_param(module, |path, param| param.frozen = (self.frozen)(&path.to_string(), phase));
            self.now = Some(phase);
        }
        self.inner.step(module, rate);
    }
    // ANCHOR_END: step

    fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>)) {
        self.inner.visit_state(module, see);
    }

    fn steps(&self) -> u64 {
        self.inner.steps()
    }

    fn set_steps(&mut self, steps: u64) {
        self.inner.set_steps(steps);
        self.now = None;
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.inner.set_momentum(momentum);
    }
}
