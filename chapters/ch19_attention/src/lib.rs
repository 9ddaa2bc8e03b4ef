//! # Chapter 19: attention
//!
//! Built here, in the order of the book page:
//!
//! - [`scaled_dot_product`] with causal and padding masks ([`Mask`]) and its backward pass, written with whole arrays;
//!   [`self_attention`], the same function made fast; [`MultiHeadAttention`] on top of it;
//! - [`AttentionOptions`]: biases, windows, shared heads of keys. [`attention`] follows them with whole arrays,
//!   [`flash_attention`] in tiles, with memory that grows only as the number of tokens; [`OnlineSoftmax`] is its
//!   idea for one query; [`BlockPattern`] leaves out most tiles;
//! - layers on top: [`CrossAttention`], [`GroupedQueryAttention`]; [`KvCache`] for generating token by token;
//! - ways of saying where a token stands: [`sinusoidal_positions`], [`LearnedPositions`], [`Rotary`], [`alibi_slopes`];
//! - another function, whose work grows as the number of tokens: [`linear_attention`].
//!
//! It stands on arrays (chapter 1), matrix products (2), softmax (3) and the layer contract (5).
//!
//! Left out: dropout on the attention weights (chapter 12 builds it in its plainest form; models of today do without).

extern crate self as ch19_attention;

mod alibi;
mod attention;
mod block_pattern;
mod cross_attention;
mod flash_attention;
mod flash_rows;
mod grouped_query_attention;
mod heads;
mod learned_positions;
mod linear_attention;
mod options;
mod score_rows;
mod self_attention;

#[cfg_attr(yours_mask, path = "../yours/e01_mask.rs")]
mod mask;

#[cfg_attr(yours_scaled_dot_product, path = "../yours/e02_scaled_dot_product.rs")]
mod scaled_dot_product;

#[cfg_attr(yours_multi_head, path = "../yours/e03_multi_head.rs")]
mod multi_head;

#[cfg_attr(yours_sinusoidal, path = "../yours/e04_sinusoidal.rs")]
mod sinusoidal;

#[cfg_attr(yours_online_softmax, path = "../yours/e05_online_softmax.rs")]
mod online_softmax;

#[cfg_attr(yours_rotary, path = "../yours/e06_rotary.rs")]
mod rotary;

#[cfg_attr(yours_kv_cache, path = "../yours/e07_kv_cache.rs")]
mod kv_cache;

pub use alibi::alibi_slopes;
pub use attention::{AttentionGradients, attention, attention_backward};
pub use block_pattern::{BigBird, BlockPattern};
pub use cross_attention::CrossAttention;
pub use flash_attention::{flash_attention, flash_attention_backward};
pub use grouped_query_attention::GroupedQueryAttention;
pub use heads::{merge_heads, split_heads};
pub use kv_cache::KvCache;
pub use learned_positions::LearnedPositions;
pub use linear_attention::{linear_attention, linear_attention_backward};
pub use mask::Mask;
pub use multi_head::MultiHeadAttention;
pub use online_softmax::OnlineSoftmax;
pub use options::AttentionOptions;
pub use rotary::{Rotary, RotaryLayout, RotaryScaling, turn_pairs};
pub use scaled_dot_product::{attention_weights, scaled_dot_product, scaled_dot_product_backward};
pub use self_attention::{
    Attended, LONG, self_attention, self_attention_backward, self_attention_rows,
    self_attention_rows_backward,
};
pub use sinusoidal::sinusoidal_positions;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
