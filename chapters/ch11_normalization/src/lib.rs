//! # Chapter 11: normalization
//!
//! Built here: the two-pass [`moments`] of a row; [`LayerNorm`] and [`RmsNorm`], which give every example the same size
//! over its own features; [`BatchNorm2d`] and [`BatchNorm1d`], which do so for every channel of a batch, with
//! [`recalibrate`] for their running statistics; [`GroupNorm`] and [`InstanceNorm`] between the two; and
//! [`weight_norm`], which normalises not numbers but weights.
//!
//! It stands on arrays (chapter 1), vectorised loops (3) and the layer contract (5).
//!
//! Left out: statistics over several machines (`SyncBatchNorm`) and running statistics of InstanceNorm. Folding BatchNorm
//! into a convolution comes in chapter 15.

extern crate self as ch11_normalization;

#[cfg_attr(yours_moments, path = "../yours/e01_moments.rs")]
mod moments;

mod rows;
mod sums;

#[cfg_attr(yours_layer_norm, path = "../yours/e02_layer_norm.rs")]
mod layer_norm;

#[cfg_attr(yours_rms_norm, path = "../yours/e04_rms_norm.rs")]
mod rms_norm;

#[cfg_attr(yours_batch_norm, path = "../yours/e03_batch_norm.rs")]
mod batch_norm;
mod batch_norm1d;

#[cfg_attr(yours_recalibrate, path = "../yours/e06_recalibrate.rs")]
mod recalibrate;

mod group_norm;
mod instance_norm;

#[cfg_attr(yours_weight_norm, path = "../yours/e05_weight_norm.rs")]
mod weight_norm;

pub use batch_norm::BatchNorm2d;
pub use batch_norm1d::BatchNorm1d;
pub use group_norm::GroupNorm;
pub use instance_norm::InstanceNorm;
pub use layer_norm::LayerNorm;
pub use moments::moments;
pub use recalibrate::{pooled, recalibrate, recalibration_share};
pub use rms_norm::RmsNorm;
pub use rows::{group_rows, least_rows, over_groups};
pub use sums::{long_moments, two_sums};
pub use weight_norm::{WeightNormLinear, weight_norm, weight_norm_backward};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
