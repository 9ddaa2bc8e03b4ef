//! # Chapter 19: attention

extern crate self as ch19_attention;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
