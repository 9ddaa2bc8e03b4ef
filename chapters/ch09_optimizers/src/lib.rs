//! # Chapter 9: optimizers
//!
//! Built here: the [`Optimizer`] contract; gradient descent with momentum and Nesterov's step ([`Sgd`]); a rate for each
//! number ([`AdaGrad`], [`RmsProp`], [`Adam`], [`AdamW`], [`Lion`], [`Adafactor`]), for each layer ([`Lars`], [`Lamb`]) and for
//! each direction of a matrix ([`Muon`]); parameter groups ([`Groups`]); clipping of gradients by norm and by value; running
//! means of the weights ([`Ema`]); accumulated gradients ([`Accumulation`]); and rates for other batch sizes.
//!
//! It stands on arrays (chapter 1), products (2), vector loops (3) and modules with their parameters (5).
//!
//! Left out: methods of second order (L-BFGS, Shampoo). Rates that change over time are chapter 10.

extern crate self as ch09_optimizers;

mod adafactor;
mod adagrad;
mod adam;
mod ema;
#[cfg_attr(yours_groups, path = "../yours/e04_groups.rs")]
mod groups;
mod lamb;
mod lars;
mod muon;
mod norm;
mod optimizer;
pub mod options;
mod rmsprop;
mod rule;
mod scaling;
mod state;

#[cfg_attr(yours_sgd, path = "../yours/e01_sgd.rs")]
mod sgd;

#[cfg_attr(yours_adamw, path = "../yours/e02_adamw.rs")]
mod adamw;

#[cfg_attr(yours_clip, path = "../yours/e03_clip.rs")]
mod clip;

#[cfg_attr(yours_lion, path = "../yours/e05_lion.rs")]
mod lion;

#[cfg_attr(yours_orthogonalise, path = "../yours/e06_orthogonalise.rs")]
mod orthogonalise;

#[cfg_attr(yours_accumulate, path = "../yours/e07_accumulate.rs")]
mod accumulate;

pub use accumulate::Accumulation;
pub use adafactor::Adafactor;
pub use adagrad::AdaGrad;
pub use adam::Adam;
pub use adamw::{AdamStep, AdamW, adamw_step};
pub use clip::{clip_grad_norm, clip_grad_value, grad_norm};
pub use ema::Ema;
pub use groups::{Group, Groups};
pub use lamb::Lamb;
pub use lars::Lars;
pub use lion::Lion;
pub use muon::{Adjust, Muon};
pub use norm::{scale, sum_of_squares};
pub use optimizer::Optimizer;
pub use orthogonalise::{COEFFICIENTS, orthogonalise};
pub use rmsprop::RmsProp;
pub use rule::{Rule, apply};
pub use scaling::{linear_scaling, sqrt_scaling};
pub use sgd::Sgd;
pub use state::{Layout, Slot, State, like};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
