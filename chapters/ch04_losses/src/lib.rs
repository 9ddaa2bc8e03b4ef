//! # Chapter 4: losses
//!
//! Built here: what training makes small. Each loss stands beside its gradient, and says for which likelihood it is the
//! negative logarithm, or that there is none.
//!
//! - numbers: [`mse`], [`mae`], [`huber`], [`smooth_l1`];
//! - classes: [`CrossEntropy`], [`Nll`], [`KlDiv`], [`smooth_labels`];
//! - yes or no: [`BceWithLogits`], [`Focal`]; ranks: [`Coral`];
//! - embeddings: [`Contrastive`], [`Triplet`], [`CosineEmbedding`];
//! - how terms become one number: [`Reduction`].
//!
//! A loss is a function with its `_backward`, or, where there are options, a struct of options with `forward` and
//! `backward`. Backward takes the gradient of whatever comes after the loss, usually the scalar 1, and returns the
//! gradient of the prediction. Targets are constants.
//!
//! It stands on arrays (chapter 1) and finite differences (chapter 3). Left out: what produces the predictions (chapter
//! 5), losses of sequences such as CTC, and losses over all pairs of a batch (InfoNCE is cross-entropy over similarities).

extern crate self as ch04_losses;

mod reduction;
mod same_shape;

mod mae;
mod mse;

#[cfg_attr(yours_huber, path = "../yours/e01_huber.rs")]
mod huber;

mod class_rows;

#[cfg_attr(yours_cross_entropy, path = "../yours/e02_cross_entropy.rs")]
mod cross_entropy;

mod nll;

#[cfg_attr(yours_label_smoothing, path = "../yours/e06_label_smoothing.rs")]
mod label_smoothing;

#[cfg_attr(yours_kl_div, path = "../yours/e05_kl_div.rs")]
mod kl_div;

#[cfg_attr(yours_bce_with_logits, path = "../yours/e03_bce_with_logits.rs")]
mod bce_with_logits;

mod coral;
mod focal;

mod contrastive;
mod cosine;
mod pairs;

#[cfg_attr(yours_triplet, path = "../yours/e04_triplet.rs")]
mod triplet;

pub use bce_with_logits::BceWithLogits;
pub use class_rows::{ClassRows, RowTarget};
pub use contrastive::Contrastive;
pub use coral::{Coral, coral_rank};
pub use cosine::CosineEmbedding;
pub use cross_entropy::CrossEntropy;
pub use focal::Focal;
pub use huber::{huber, huber_backward, smooth_l1, smooth_l1_backward};
pub use kl_div::KlDiv;
pub use label_smoothing::smooth_labels;
pub use mae::{mae, mae_backward};
pub use mse::{mse, mse_backward};
pub use nll::Nll;
pub use reduction::Reduction;
pub use same_shape::same_shape;
pub use triplet::Triplet;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
