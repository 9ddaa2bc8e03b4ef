//! # Chapter 11: normalization
//!
//! Built here: [`BatchNorm2d`], which gives every channel of a batch of images mean 0 and variance 1; [`LayerNorm`], which gives every example mean 0 and variance 1 over its own features, and the two-pass
//! [`moments`] that it stands on.
//!
//! It stands on arrays (chapter 1), vectorised loops (3) and the layer contract (5).
//!
//! Left out, and brought by a later version of this chapter: GroupNorm, InstanceNorm, RMSNorm, weight norm, BatchNorm
//! for one-dimensional inputs. Folding BatchNorm into a convolution comes in chapter 15.

extern crate self as ch11_normalization;

mod batch_norm;
mod moments;

mod layer_norm;

pub use batch_norm::BatchNorm2d;
pub use layer_norm::LayerNorm;
pub use moments::moments;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
