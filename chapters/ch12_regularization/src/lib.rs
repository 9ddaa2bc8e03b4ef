//! # Chapter 12: regularization

extern crate self as ch12_regularization;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
