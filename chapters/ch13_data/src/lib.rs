//! # Chapter 13: data

extern crate self as ch13_data;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
