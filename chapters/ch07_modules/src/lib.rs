//! # Chapter 7: modules

extern crate self as ch07_modules;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
