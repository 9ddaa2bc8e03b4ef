//! # Chapter 17: embeddings
//!
//! Built here: [`Embedding`], a table of learned vectors, one per token, with its scattered gradient; [`masked_mean`], a
//! sentence as the mean of its vectors; [`nearest`], the search for similar vectors; [`Pca`], which draws them in the
//! plane.
//!
//! It stands on arrays (chapter 1) and the layer contract (5).
//!
//! Left out, and brought by a later version of this chapter: word2vec (CBOW, skip-gram, negative sampling), GloVe,
//! analogies, t-SNE, and gradients that hold only the rows that a step has used.

extern crate self as ch17_embeddings;

#[cfg_attr(yours_embedding, path = "../yours/e01_embedding.rs")]
mod embedding;

#[cfg_attr(yours_masked_mean, path = "../yours/e02_masked_mean.rs")]
mod masked_mean;

#[cfg_attr(yours_nearest, path = "../yours/e03_nearest.rs")]
mod nearest;

mod pca;

pub use embedding::Embedding;
pub use masked_mean::{masked_mean, masked_mean_backward};
pub use nearest::{cosine, nearest};
pub use pca::Pca;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
