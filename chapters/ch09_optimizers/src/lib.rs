//! # Chapter 9: optimizers
//!
//! Built here: the [`Optimizer`] contract, gradient descent with momentum and Nesterov's step ([`Sgd`]), [`AdamW`],
//! parameter groups ([`Groups`]), and clipping of gradients by norm and by value.
//!
//! It stands on arrays (chapter 1), vector loops (3) and modules with their parameters (5).
//!
//! Left out for now: AdaGrad, RMSprop, Adam with L2 decay, Lion, Muon, Adafactor, LARS, LAMB and averaged weights (EMA)
//! come with a later part of this chapter. Rates that change over time are chapter 10.

extern crate self as ch09_optimizers;

#[cfg_attr(yours_groups, path = "../yours/e04_groups.rs")]
mod groups;
mod norm;
mod optimizer;
mod rule;
mod state;

#[cfg_attr(yours_sgd, path = "../yours/e01_sgd.rs")]
mod sgd;

#[cfg_attr(yours_adamw, path = "../yours/e02_adamw.rs")]
mod adamw;

#[cfg_attr(yours_clip, path = "../yours/e03_clip.rs")]
mod clip;

pub use adamw::AdamW;
pub use clip::{clip_grad_norm, clip_grad_value, grad_norm};
pub use groups::{Group, Groups};
pub use norm::{scale, sum_of_squares};
pub use optimizer::Optimizer;
pub use rule::{Rule, apply};
pub use sgd::Sgd;
pub use state::{Slot, State};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
