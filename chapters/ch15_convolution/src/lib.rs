//! # Chapter 15: convolution

extern crate self as ch15_convolution;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
