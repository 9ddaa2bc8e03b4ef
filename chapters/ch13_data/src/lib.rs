//! # Chapter 13: data
//!
//! Built here: the [`Dataset`] contract and the [`Loader`], which shuffles, forms batches (by length, if asked), makes them
//! on background threads and hands them out in order; splits; images with padded random crops, flips and normalisation
//! ([`ImageSet`]); texts with cleaning, a word vocabulary ([`WordVocabulary`]), byte-level byte-pair encoding ([`Bpe`])
//! and padding with masks ([`TextSet`]).
//!
//! It stands on arrays and random streams (chapter 1).
//!
//! Left out, and brought by a later version of this chapter: the other image transforms, test-time augmentation, k-fold
//! splits, WordPiece, the vocabularies of GPT-2 and BERT, and changing texts by rule. Who trains on the batches: chapter
//! 14.

extern crate self as ch13_data;

mod batch;
mod error;
mod loader;
mod order;
mod split;
mod workers;

#[cfg_attr(yours_buckets, path = "../yours/e03_buckets.rs")]
mod buckets;

mod images;

#[cfg_attr(yours_crop, path = "../yours/e01_crop.rs")]
mod crop;

mod texts;
mod vocabulary;
mod words;

#[cfg_attr(yours_padding, path = "../yours/e02_padding.rs")]
mod padding;

mod bpe;
mod bpe_train;
mod pieces;

#[cfg_attr(yours_merge, path = "../yours/e04_merge.rs")]
mod merge;

pub use batch::{Batch, Dataset, Subset, Tokens};
pub use bpe::Bpe;
pub use buckets::bucket_batches;
pub use crop::{View, crop_flip};
pub use error::DataError;
pub use images::{Augment, ImageSet, Statistics};
pub use loader::Loader;
pub use merge::{count_pairs, merge_pair, most_frequent};
pub use padding::pad;
pub use pieces::pieces;
pub use split::{split_indices, stratified_split};
pub use texts::{Keep, TextSet};
pub use vocabulary::WordVocabulary;
pub use words::{clean_review, tokenize_words};
pub use workers::Epoch;

/// The token that fills rows up to the length of the longest.
pub const PAD: u32 = 0;
/// The token for what the vocabulary does not have.
pub const UNKNOWN: u32 = 1;
/// The token that opens a text, in vocabularies that have it.
pub const CLS: u32 = 2;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
