//! One step of training, with a schedule, clipping and a guard.
//!
//! The order matters. Gradients are forgotten before they are added to; the norm is measured after the backward pass and
//! clipped before the optimizer sees it; and what is not finite stops everything before it reaches a weight, because a
//! weight that is NaN once stays so, and makes all others NaN one step later.

use ch01_tensors::{Array, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::zero_grad;
use ch09_optimizers::{Optimizer, clip_grad_norm};
use ch10_schedules::Schedule;
use ch14_training::Classifier;

/// What a step uses besides the model and the batch.
pub struct Recipe {
    /// The loss; its label smoothing is used in training only.
    pub criterion: CrossEntropy,
    /// Gradients longer than this are shortened to it.
    pub clip_norm: Option<f64>,
    /// The learning rate of each step, from step 0.
    pub schedule: Box<dyn Schedule>,
}

/// What a step measured, before the weights moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The mean loss of the batch.
    pub loss: f64,
    /// How many examples of the batch were right.
    pub right: usize,
    /// The norm of the gradient before clipping.
    pub norm: f64,
    /// The learning rate of this step.
    pub rate: f64,
}

/// A number that is NaN or infinite; the weights are those of before the step.
#[derive(Clone, Debug, PartialEq)]
pub enum NotFinite {
    /// The loss.
    Loss(f64),
    /// The norm of the gradient.
    Norm(f64),
}

// ANCHOR: step
/// Step number `step`, from 0, on a batch of inputs with `labels` `[batch]`.
///
/// # Errors
/// When the loss or the norm of the gradient is not finite: then no weight has moved.
///
/// # Panics
/// When a label is not one of the model's classes.
pub fn train_step<M: Classifier>(
    model: &mut M,
    optimizer: &mut dyn Optimizer,
    recipe: &Recipe,
    (input, labels): (&M::Input, &Array<i64>),
    step: u64,
) -> Result<Measured, NotFinite> {
    // exercise: step - Forget the gradients (`zero_grad`), run forward, take the loss (`recipe.criterion.forward`). Give
    // `NotFinite::Loss(loss)` back as the error if it is not finite. Run backward (the criterion's, with the gradient
    // `Tensor::scalar(1.0)`, then the model's). `clip_grad_norm` returns the norm before clipping; without `clip_norm`,
    // clip to infinity. `NotFinite::Norm(norm)` is an error too. Then step, at the schedule's rate for this step, and
    // return what was measured; `right(&logits, labels)` counts.
    zero_grad(model);
    let logits = model.forward(input);
    let loss = f64::from(recipe.criterion.forward(&logits, labels).item());
    if !loss.is_finite() {
        return Err(NotFinite::Loss(loss));
    }
    model.backward(recipe.criterion.backward(&Tensor::scalar(1.0), &logits, labels));
    let norm = clip_grad_norm(model, recipe.clip_norm.unwrap_or(f64::INFINITY));
    if !norm.is_finite() {
        return Err(NotFinite::Norm(norm));
    }
    let rate = recipe.schedule.rate(step);
    optimizer.step(model, rate);
    Ok(Measured { loss, right: right(&logits, labels), norm, rate })
    // exercise: end
}
// ANCHOR_END: step

/// How many labels `[batch]` have the largest logit of their row, `[batch, classes]`.
pub fn right(logits: &Tensor, labels: &Array<i64>) -> usize {
    let guesses = logits.argmax(1, false);
    guesses.iter().zip(labels.iter()).filter(|(guess, label)| guess == label).count()
}
