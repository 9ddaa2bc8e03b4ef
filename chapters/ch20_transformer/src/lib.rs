//! # Chapter 20: the Transformer
//!
//! Built here: [`FeedForward`] and the pre-LN [`Block`] of attention and feed-forward; the [`Encoder`], token and position
//! vectors followed by a stack of blocks; and [`EncoderClassifier`], which adds one vector for the whole sequence and a
//! head, and can be trained by chapter 14's trainer.
//!
//! BERT: the [`PostNormBlock`], [`Bert`], masked language models ([`MaskedLm`], [`MaskedTexts`]), heads for texts, tokens and spans
//! ([`BertClassifier`], [`TokenTagger`], [`SpanFinder`]), published weights ([`load_bert`], [`SentenceEncoder`]).
//!
//! Decoders: [`Gpt`] and [`Llama`], and how they write ([`Generate`], [`BeamSearch`]).
//!
//! Reading and writing: T5's span corruption ([`Corruption`]), and the [`EncoderDecoder`] with its [`CrossBlock`].
//!
//! Without words: the [`VisionTransformer`] for images, and the [`PatchForecaster`] for series.
//!
//! It stands on layers (chapter 5), first weights (8), LayerNorm (11), dropout (12), embeddings (17) and attention (19).
//!
//! Left out: dropout on attention weights, relative positions in the encoder-decoder.

extern crate self as ch20_transformer;

mod classifier;
mod config;

#[cfg_attr(yours_feed_forward, path = "../yours/e01_feed_forward.rs")]
mod feed_forward;

#[cfg_attr(yours_block, path = "../yours/e02_block.rs")]
mod block;

#[cfg_attr(yours_encoder, path = "../yours/e03_encoder.rs")]
mod encoder;

// BERT and its tasks.
mod bert;
mod bert_classifier;
mod bert_config;
mod bert_weights;
mod encoder_decoder;
mod masked_lm;
mod masked_texts;
mod pooler;
mod pooling;
mod sentence_encoder;
mod span_finder;
mod token_tagger;
mod transfer;

#[cfg_attr(yours_post_norm_block, path = "../yours/e08_post_norm_block.rs")]
mod post_norm_block;

#[cfg_attr(yours_masking, path = "../yours/e09_masking.rs")]
mod masking;

#[cfg_attr(yours_span_corruption, path = "../yours/e10_span_corruption.rs")]
mod span_corruption;

#[cfg_attr(yours_cross_block, path = "../yours/e11_cross_block.rs")]
mod cross_block;

// The decoder side.
mod decoder_cache;
mod generate;
mod gpt;
mod gpt2_weights;
mod gpt_config;
mod llama;
mod llama_block;
mod llama_config;
mod llama_weights;
mod load_error;
mod next_token;
mod published;
mod sampling;
mod stack;

#[cfg_attr(yours_swiglu, path = "../yours/e04_swiglu.rs")]
mod swiglu;

#[cfg_attr(yours_tied_head, path = "../yours/e05_tied_head.rs")]
mod tied_head;

#[cfg_attr(yours_nucleus, path = "../yours/e06_nucleus.rs")]
mod nucleus;

#[cfg_attr(yours_beam_search, path = "../yours/e07_beam_search.rs")]
mod beam_search;

pub use block::Block;
pub use classifier::EncoderClassifier;
pub use config::{EncoderConfig, Pooling};
pub use encoder::Encoder;
pub use feed_forward::FeedForward;

pub use beam_search::{Beam, BeamSearch, Candidate, best_candidates, length_score};
pub use decoder_cache::DecoderCache;
pub use generate::Generate;
pub use gpt::Gpt;
pub use gpt_config::GptConfig;
pub use gpt2_weights::{load_gpt2, save_gpt2};
pub use llama::Llama;
pub use llama_block::LlamaBlock;
pub use llama_config::LlamaConfig;
pub use llama_weights::{load_llama, save_llama};
pub use load_error::LoadError;
pub use next_token::{NextToken, Uncached};
pub use nucleus::{keep_top_k, keep_top_p};
pub use sampling::Sampling;
pub use swiglu::SwiGlu;
pub use tied_head::{tied_logits, tied_logits_backward};

pub use bert::Bert;
pub use bert_classifier::BertClassifier;
pub use bert_config::BertConfig;
pub use bert_weights::{PublishedBert, load_bert};
pub use cross_block::CrossBlock;
pub use encoder_decoder::{EncoderDecoder, EncoderDecoderConfig, Pairs};
pub use masked_lm::{MaskedLm, MaskedLmHead};
pub use masked_texts::{MaskedTexts, MaskedTokens};
pub use masking::{IGNORED, Masking};
pub use pooler::Pooler;
pub use post_norm_block::PostNormBlock;
pub use sentence_encoder::SentenceEncoder;
pub use span_corruption::{Corruption, random_lengths};
pub use span_finder::{SpanFinder, best_span};
pub use token_tagger::TokenTagger;
pub use transfer::load_part;

// Images and series in patches.
mod patch_forecaster;
mod vit;
mod vit_weights;

#[cfg_attr(yours_patches, path = "../yours/e12_patches.rs")]
mod patches;

#[cfg_attr(yours_scale_window, path = "../yours/e13_scale_window.rs")]
mod scale_window;

pub use patch_forecaster::{PatchConfig, PatchForecaster};
pub use patches::{image_patches, image_patches_backward, series_patches, series_patches_backward};
pub use scale_window::scale_window;
pub use vit::{VisionTransformer, VitConfig};
pub use vit_weights::{load_vit, torchvision_name};

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
