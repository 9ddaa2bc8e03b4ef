//! # Chapter 10: schedules
//!
//! Built here: the [`Schedule`] contract, a pure function from the step to the learning rate, and three schedules:
//! [`Constant`], [`WarmupCosine`] and [`OneCycle`], made of the two ways of [`linear`] and [`cosine`] annealing.
//!
//! It stands on nothing but numbers; the optimizers of chapter 9 take the rate as an argument of every step.
//!
//! Left out for now: steps, exponential, polynomial, warm restarts, on plateau, momentum that cycles along, composition
//! and the learning-rate range test come with a later part of this chapter.

extern crate self as ch10_schedules;

mod schedule;

#[cfg_attr(yours_anneal, path = "../yours/e01_anneal.rs")]
mod anneal;

#[cfg_attr(yours_warmup_cosine, path = "../yours/e02_warmup_cosine.rs")]
mod warmup_cosine;

#[cfg_attr(yours_one_cycle, path = "../yours/e03_one_cycle.rs")]
mod one_cycle;

pub use anneal::{cosine, linear};
pub use one_cycle::OneCycle;
pub use schedule::{Constant, Schedule};
pub use warmup_cosine::WarmupCosine;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
