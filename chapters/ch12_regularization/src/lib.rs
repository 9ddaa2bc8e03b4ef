//! # Chapter 12: regularization
//!
//! Built here: noise in the network, [`Dropout`] with its [`Mask`] of one bit per element, drawn in parallel from fixed
//! places of a random stream, [`Dropout2d`] for channels, [`DropBlock2d`] for squares, [`DropPath`] for branches and
//! [`AttentionDropout`] for attention; noise in the data, [`mixup`] and [`cutmix`]; the L2 penalty, [`add_l2`]; and
//! [`EarlyStopping`], which watches a validation figure, with [`KeepBest`], which goes back to the best weights.
//!
//! It stands on arrays and random streams (chapter 1), products (2), vector loops and softmax (3), the layer contract (5) and
//! states (7). Label smoothing and soft targets are part of chapter 4's cross-entropy; the page derives what they do.
//! Decay apart from the gradient is part of the optimizers of chapter 9.
//!
//! Left out: dropout inside chapter 19's tiled attention, and schedules for the strength of any of these.

extern crate self as ch12_regularization;

#[cfg_attr(yours_mask, path = "../yours/e02_mask.rs")]
mod mask;

#[cfg_attr(yours_dropout, path = "../yours/e01_dropout.rs")]
mod dropout;

mod blocks;
mod drop_path;
mod dropout2d;

#[cfg_attr(yours_drop_block, path = "../yours/e04_drop_block.rs")]
mod drop_block;

mod attention_dropout;

#[cfg_attr(yours_mixing, path = "../yours/e05_mixing.rs")]
mod mixing;

mod decay;

#[cfg_attr(yours_early_stopping, path = "../yours/e03_early_stopping.rs")]
mod early_stopping;

mod keep_best;
mod wide_draw;

pub use attention_dropout::AttentionDropout;
pub use blocks::scale_blocks;
pub use decay::add_l2;
pub use drop_block::{DropBlock2d, seed_probability};
pub use drop_path::DropPath;
pub use dropout::Dropout;
pub use dropout2d::Dropout2d;
pub use early_stopping::{EarlyStopping, Goal, Verdict};
pub use keep_best::KeepBest;
pub use mask::{DRAWS, Mask};
pub use mixing::{Rectangle, beta, cutmix, mixup, partners};
pub use wide_draw::draw_wide;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
