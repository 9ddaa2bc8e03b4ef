//! # Chapter 20: the Transformer
//!
//! Built here: [`FeedForward`] and the pre-LN [`Block`] of attention and feed-forward; the [`Encoder`], token and position
//! vectors followed by a stack of blocks; and [`EncoderClassifier`], which adds one vector for the whole sequence and a
//! head, and can be trained by chapter 14's trainer.
//!
//! It stands on layers (chapter 5), first weights (8), LayerNorm (11), dropout (12), embeddings (17) and attention (19).
//!
//! Left out, and brought by a later version of this chapter: decoders (GPT, LLaMA) and text generation, encoder-decoder,
//! masked-language models, tagging heads, ViT, post-LN blocks, gated feed-forward layers, the weights of published models.

extern crate self as ch20_transformer;

mod classifier;
mod config;

#[cfg_attr(yours_feed_forward, path = "../yours/e01_feed_forward.rs")]
mod feed_forward;

#[cfg_attr(yours_block, path = "../yours/e02_block.rs")]
mod block;

#[cfg_attr(yours_encoder, path = "../yours/e03_encoder.rs")]
mod encoder;

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

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
