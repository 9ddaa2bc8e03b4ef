//! # Chapter 4: losses
//!
//! Built here: what training makes small, each loss with its gradient and the likelihood it stands for.
//!
//! It stands on arrays (chapter 1) and activations (chapter 3).

extern crate self as ch04_losses;

mod mse;
mod reduction;

pub use mse::{mse, mse_backward};
pub use reduction::Reduction;
