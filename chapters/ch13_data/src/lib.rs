//! # Chapter 13: data
//!
//! Built here: the [`Dataset`] contract and the [`Loader`], which shuffles, forms batches (by length, if asked), makes them
//! on background threads and hands them out in order; splits; images with padded random crops, flips and normalisation
//! ([`ImageSet`]), and all other [`transforms`]; texts with cleaning, a word vocabulary ([`WordVocabulary`]), byte-level
//! byte-pair encoding ([`Bpe`], and [`Gpt2`] for files in GPT-2's format), BERT's [`WordPiece`], changes by rule
//! ([`Thesaurus`]), and padding with masks ([`TextSet`]); windows over a stream of tokens ([`TokenWindows`]).
//!
//! It stands on arrays and random streams (chapter 1).
//!
//! Left out: mixing two images (chapter 12), and who trains on the batches (chapter 14).

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
pub mod transforms;

#[cfg_attr(yours_resize, path = "../yours/e05_resize.rs")]
mod resize;

#[cfg_attr(yours_crop, path = "../yours/e01_crop.rs")]
mod crop;

mod clean;
mod edit;
mod texts;
mod thesaurus;
mod unicode;
mod vocabulary;
mod windows;
mod words;

#[cfg_attr(yours_padding, path = "../yours/e02_padding.rs")]
mod padding;

mod bpe;
mod bpe_train;
mod bytes;
mod gpt2;
mod hash;
mod pieces;

#[cfg_attr(yours_merge, path = "../yours/e04_merge.rs")]
mod merge;

mod bert;
mod wordpiece;

#[cfg_attr(yours_longest, path = "../yours/e06_longest.rs")]
mod longest;

pub use batch::{Batch, Dataset, Subset, Tokens};
pub use bert::basic_words;
pub use bpe::Bpe;
pub use buckets::bucket_batches;
pub use bytes::byte_rank;
pub use clean::clean_text;
pub use crop::{View, crop_flip};
pub use edit::{delete_words, draw_deletion, draw_swaps, swap_words};
pub use error::DataError;
pub use gpt2::Gpt2;
pub use images::{Augment, ImageSet, Statistics};
pub use loader::Loader;
pub use longest::longest_parts;
pub use merge::{count_pairs, merge_pair, most_frequent};
pub use padding::pad;
pub use pieces::pieces;
pub use resize::resize_weights;
pub use split::{k_fold, split_indices, stratified_k_fold, stratified_split};
pub use texts::{Keep, TextSet};
pub use thesaurus::{Thesaurus, Unit};
pub use vocabulary::WordVocabulary;
pub use windows::TokenWindows;
pub use wordpiece::WordPiece;
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
