//! # Chapter 9: optimizers

extern crate self as ch09_optimizers;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
