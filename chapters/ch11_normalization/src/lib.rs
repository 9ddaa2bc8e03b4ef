//! # Chapter 11: normalization
//!
//! Built here: the two-pass [`moments`] of a row; [`LayerNorm`], which gives every example mean 0 and variance 1 over its
//! own features; [`BatchNorm2d`], which does so for every channel of a batch of images.
//!
//! It stands on arrays (chapter 1), vectorised loops (3) and the layer contract (5).
//!
//! Left out, and brought by a later version of this chapter: GroupNorm, InstanceNorm, RMSNorm, weight norm, BatchNorm
//! for one-dimensional inputs. Folding BatchNorm into a convolution comes in chapter 15.

extern crate self as ch11_normalization;

#[cfg_attr(yours_moments, path = "../yours/e01_moments.rs")]
mod moments;

#[cfg_attr(yours_layer_norm, path = "../yours/e02_layer_norm.rs")]
mod layer_norm;

#[cfg_attr(yours_batch_norm, path = "../yours/e03_batch_norm.rs")]
mod batch_norm;

pub use batch_norm::BatchNorm2d;
pub use layer_norm::LayerNorm;
pub use moments::moments;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
