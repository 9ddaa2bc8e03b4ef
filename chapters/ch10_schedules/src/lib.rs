//! # Chapter 10: schedules
//!
//! Built here: the [`Schedule`] contract, a pure function from the step to the learning rate; [`Constant`], falls
//! ([`Step`], [`MultiStep`], [`Exponential`], [`Polynomial`]), warmup with a line or a cosine ([`WarmupLinear`],
//! [`WarmupCosine`]), [`Restarts`], [`OneCycle`] with momentum too ([`MomentumCycle`]); schedules made of schedules
//! ([`Sequence`], [`Product`]); [`Plateau`], which goes by measurements; and the learning-rate [`RangeTest`].
//!
//! It stands on nothing but numbers; the optimizers of chapter 9 take the rate as an argument of every step.
//!
//! Left out: PyTorch's `CyclicLR` and the three-phase one cycle. A closure is a schedule too.

extern crate self as ch10_schedules;

mod compose;
mod exponential;
mod momentum_cycle;
mod plateau;
mod polynomial;
mod schedule;
mod warmup_linear;

#[cfg_attr(yours_anneal, path = "../yours/e01_anneal.rs")]
mod anneal;

#[cfg_attr(yours_warmup_cosine, path = "../yours/e02_warmup_cosine.rs")]
mod warmup_cosine;

#[cfg_attr(yours_one_cycle, path = "../yours/e03_one_cycle.rs")]
mod one_cycle;

#[cfg_attr(yours_steps, path = "../yours/e04_steps.rs")]
mod steps;

#[cfg_attr(yours_restarts, path = "../yours/e05_restarts.rs")]
mod restarts;

#[cfg_attr(yours_range_test, path = "../yours/e06_range_test.rs")]
mod range_test;

pub use anneal::{cosine, linear};
pub use compose::{Product, Sequence};
pub use exponential::Exponential;
pub use momentum_cycle::MomentumCycle;
pub use one_cycle::OneCycle;
pub use plateau::{Better, Plateau, PlateauState};
pub use polynomial::Polynomial;
pub use range_test::RangeTest;
pub use restarts::Restarts;
pub use schedule::{Constant, Schedule};
pub use steps::{MultiStep, Step};
pub use warmup_cosine::WarmupCosine;
pub use warmup_linear::{Line, WarmupLinear};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
