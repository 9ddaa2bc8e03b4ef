//! # Chapter 17: embeddings
//!
//! Built here: [`Embedding`], a table of learned vectors, one per token, with its scattered gradient.
//!
//! It stands on arrays (chapter 1) and the layer contract (5).
//!
//! Left out, and brought by a later version of this chapter: word2vec (CBOW, skip-gram, negative sampling), GloVe, t-SNE,
//! optimizers that touch only the rows that a step has used.

extern crate self as ch17_embeddings;

mod embedding;

pub use embedding::Embedding;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
