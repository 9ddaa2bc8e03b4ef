//! The contract of every optimizer.

use ch01_tensors::{Array, Float};
use ch05_backprop::Module;

// ANCHOR: optimizer
/// Moves the parameters of one module by their gradients, and keeps what it has to remember between steps
/// (`torch.optim.Optimizer`).
///
/// The learning rate is an argument: a schedule (chapter 10) says what it is at each step.
pub trait Optimizer<T: Float = f32>: Send {
    /// One step with this learning rate: every parameter that is not frozen moves by its gradient. Gradients are left
    /// as they are; forget them before the next backward pass.
    ///
    /// # Panics
    /// When the rate is negative or not finite, or the module is not the one of the steps before.
    fn step(&mut self, module: &mut dyn Module<T>, rate: f64);

    /// Shows all that is remembered, by names such as `exp_avg.encoder.0.weight`: to save it, or to overwrite it with
    /// what was saved. What is not there yet is made first, for frozen parameters too, so that the names are the same
    /// at any time.
    fn visit_state(&mut self, module: &mut dyn Module<T>, see: &mut dyn FnMut(&str, &mut Array<T>));

    /// How many steps were taken.
    fn steps(&self) -> u64;

    /// Overwrites [`steps`](Optimizer::steps), when a saved state is restored.
    fn set_steps(&mut self, steps: u64);

    /// Changes the momentum (of Adam and its relatives the first beta) from the next step on, for schedules that move it
    /// along with the rate. Does nothing to an optimizer that was made without one, nor to [`Lion`](crate::Lion), whose first
    /// beta is no memory.
    ///
    /// # Panics
    /// When it is not from 0 to below 1.
    fn set_momentum(&mut self, _momentum: f64) {}
}
// ANCHOR_END: optimizer
