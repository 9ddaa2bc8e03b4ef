//! # Chapter 17: embeddings
//!
//! Built here: [`Embedding`], a table of learned vectors, one per token, with its scattered gradient, as a whole table or as
//! the rows used ([`RowGrad`]), and the optimizer steps over rows ([`sgd_rows`], [`RowAdaGrad`], [`SparseAdam`]);
//! [`masked_mean`] and [`EmbeddingBag`], a sentence as the mean of its vectors; word vectors from plain text: [`Word2Vec`]
//! (skip-gram and CBOW with [`negative_sampling`]) and [`Glove`]; what can be asked of them: [`nearest`] and [`analogy`]; and
//! pictures of them: [`Pca`] and [`Tsne`].
//!
//! It stands on arrays (chapter 1), vector loops (3) and the layer contract (5).
//!
//! Left out: vectors of parts of words (fastText); tokens that are parts of words are chapter 13. Vectors that depend on the
//! sentence come with chapters 18 to 20.

extern crate self as ch17_embeddings;

#[cfg_attr(yours_embedding, path = "../yours/e01_embedding.rs")]
mod embedding;

#[cfg_attr(yours_masked_mean, path = "../yours/e02_masked_mean.rs")]
mod masked_mean;

#[cfg_attr(yours_nearest, path = "../yours/e03_nearest.rs")]
mod nearest;

#[cfg_attr(yours_rows, path = "../yours/e04_rows.rs")]
mod rows;

#[cfg_attr(yours_alias, path = "../yours/e05_alias.rs")]
mod alias;

#[cfg_attr(yours_negative, path = "../yours/e06_negative.rs")]
mod negative;

#[cfg_attr(yours_tsne, path = "../yours/e07_tsne.rs")]
mod tsne;

mod analogy;
mod bag;
mod cooccurrence;
mod corpus;
mod glove;
mod pca;
mod renorm;
mod row_steps;
mod tsne_descent;
mod word2vec;

pub use alias::AliasTable;
pub use analogy::{analogy, unit_rows};
pub use bag::{BagMode, EmbeddingBag};
pub use cooccurrence::Cooccurrence;
pub use corpus::Corpus;
pub use embedding::Embedding;
pub use glove::{Glove, GloveOptions, Pairs, glove, glove_backward};
pub use masked_mean::{masked_mean, masked_mean_backward};
pub use nearest::{cosine, nearest};
pub use negative::{negative_sampling, negative_sampling_backward};
pub use pca::Pca;
pub use renorm::shorten_rows;
pub use row_steps::{RowAdaGrad, SparseAdam, sgd_rows};
pub use rows::RowGrad;
pub use tsne::{affinities, tsne, tsne_backward};
pub use tsne_descent::{Tsne, TsneOptions};
pub use word2vec::{Model, Word2Vec, Word2VecOptions};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
