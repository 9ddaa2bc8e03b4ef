//! # Chapter 12: regularization
//!
//! Built here: [`Dropout`] with its [`Mask`] of one bit per element, drawn in parallel from fixed places of a random
//! stream; and [`EarlyStopping`], which watches a validation figure.
//!
//! It stands on arrays and random streams (chapter 1), vector loops (chapter 3) and the layer contract (chapter 5).
//! Label smoothing is part of chapter 4's cross-entropy; the page derives what it does. Weight decay is part of the
//! optimizers of chapter 9.
//!
//! Left out, and brought by a later version of this chapter: spatial dropout, DropPath, DropBlock, Mixup and CutMix.
//! Chapter 19 leaves out dropout on the weights of attention. Restoring the best weights is the trainer's work (chapter 14).

extern crate self as ch12_regularization;

#[cfg_attr(yours_mask, path = "../yours/e02_mask.rs")]
mod mask;

#[cfg_attr(yours_dropout, path = "../yours/e01_dropout.rs")]
mod dropout;

#[cfg_attr(yours_early_stopping, path = "../yours/e03_early_stopping.rs")]
mod early_stopping;

mod wide_draw;

pub use dropout::Dropout;
pub use early_stopping::{EarlyStopping, Goal, Verdict};
pub use mask::{DRAWS, Mask};
pub use wide_draw::draw_wide;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
