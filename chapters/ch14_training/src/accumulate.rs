//! A step on more examples than fit into memory at once: the gradients of several batches, added up.
//!
//! The loss of `N` examples in pieces of `n_1, …, n_k` is a weighted mean of the pieces' mean losses, and so is its gradient:
//!
//! ```text
//! L = 1/N Σ_i ℓ_i = Σ_j (n_j / N) L_j        dL/dw = Σ_j (n_j / N) dL_j/dw
//! ```
//!
//! Backward passes add to the gradients anyway; so each starts from `n_j / N` instead of 1, and the weights move once, at
//! the end. (Chapter 9's `Accumulation` divides at the end instead, for pieces that nobody has counted beforehand. Here all are at
//! hand, and a single piece gives the bits of a step without any of this.) What is not a mean over examples comes out otherwise: batch normalisation sees only its piece, and dropout
//! draws other masks.

use ch01_tensors::Tensor;
use ch05_backprop::zero_grad;
use ch09_optimizers::{Optimizer, clip_grad_norm};
use ch13_data::Batch;
use ch14_training::{Classifier, Measured, NotFinite, Recipe, right};

// ANCHOR: accumulate
/// Step number `step`, from 0, on all examples of some batches together, with the memory of the largest.
///
/// # Errors
/// When a loss or the norm of the gradient is not finite: then no weight has moved.
///
/// # Panics
/// When a label is not one of the model's classes.
pub fn accumulated_step<M: Classifier>(
    model: &mut M,
    optimizer: &mut dyn Optimizer,
    recipe: &Recipe,
    batches: &[Batch<M::Input>],
    step: u64,
) -> Result<Measured, NotFinite> {
    let all: usize = batches.iter().map(|batch| batch.labels.size()).sum();
    let (mut total, mut hits) = (0.0, 0);
    // exercise: accumulate - Forget the gradients once. Then, for each batch: forward, loss (`NotFinite::Loss` if it is
    // not finite), `hits += right(&logits, &batch.labels)`, and backward from the batch's share of all examples instead
    // of 1. Add each loss times its share to `total`.
    zero_grad(model);
    for Batch { input, labels } in batches {
        let share = labels.size() as f64 / all as f64;
        let logits = model.forward(input);
        let loss = f64::from(recipe.criterion.forward(&logits, labels).item());
        if !loss.is_finite() {
            return Err(NotFinite::Loss(loss));
        }
        total += share * loss;
        hits += right(&logits, labels);
        model.backward(recipe.criterion.backward(&Tensor::scalar(share as f32), &logits, labels));
    }
    // exercise: end
    let norm = clip_grad_norm(model, recipe.clip_norm.unwrap_or(f64::INFINITY));
    if !norm.is_finite() {
        return Err(NotFinite::Norm(norm));
    }
    let rate = recipe.schedule.rate(step);
    optimizer.step(model, rate);
    Ok(Measured { loss: total, right: hits, norm, rate })
}
// ANCHOR_END: accumulate
