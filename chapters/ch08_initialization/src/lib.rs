//! # Chapter 8: initialization

extern crate self as ch08_initialization;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
