//! # Chapter 19: attention
//!
//! Built here: [`scaled_dot_product`] with causal and padding masks ([`Mask`]) and its backward pass, written with whole
//! arrays as on the book page; [`self_attention`], the same function made fast: one task for each head, with the weights
//! computed again in the backward pass instead of stored; [`MultiHeadAttention`] on top of it; and the two ways of saying
//! where a token stands, [`sinusoidal_positions`] and [`LearnedPositions`].
//!
//! It stands on arrays (chapter 1), matrix products (2), softmax (3) and the layer contract (5).
//!
//! Left out, and brought by a later version of this chapter: additive masks, cross-, grouped- and multi-query attention,
//! rotary positions and ALiBi, sliding windows, linear attention, the tiled softmax of flash attention, the cache of
//! keys and values. Dropout on the attention weights is left out too.

extern crate self as ch19_attention;

mod heads;
mod learned_positions;
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

pub use heads::{merge_heads, split_heads};
pub use learned_positions::LearnedPositions;
pub use mask::Mask;
pub use multi_head::MultiHeadAttention;
pub use scaled_dot_product::{attention_weights, scaled_dot_product, scaled_dot_product_backward};
pub use self_attention::{Attended, self_attention, self_attention_backward};
pub use sinusoidal::sinusoidal_positions;

/// The exercises of this chapter that run on the reader's own code, comma separated.
pub const YOURS: &str = env!("GRADUS_YOURS");
