//! # Chapter 11: normalization

extern crate self as ch11_normalization;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
