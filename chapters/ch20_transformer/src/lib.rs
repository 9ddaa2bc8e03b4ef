//! # Chapter 20: the Transformer

extern crate self as ch20_transformer;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
