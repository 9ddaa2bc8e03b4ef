//! # Chapter 17: embeddings

extern crate self as ch17_embeddings;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
