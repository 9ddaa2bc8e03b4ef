//! # Chapter 4: losses
//!
//! Built here: what training makes small, each loss with its gradient and the likelihood it stands for.
//!
//! It stands on arrays (chapter 1) and activations (chapter 3).

extern crate self as ch04_losses;

mod class_rows;
mod cross_entropy;
mod huber;
mod mae;
mod mse;
mod reduction;
mod same_shape;

pub use class_rows::{ClassRows, RowTarget};
pub use cross_entropy::CrossEntropy;
pub use huber::{huber, huber_backward, smooth_l1, smooth_l1_backward};
pub use mae::{mae, mae_backward};
pub use mse::{mse, mse_backward};
pub use reduction::Reduction;
pub use same_shape::same_shape;
