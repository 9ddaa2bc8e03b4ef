//! The block of LLaMA (Touvron et al. 2023): `m = x + attention(norm1(x))`, `y = m + swiglu(norm2(m))`.
//!
//! It is the pre-LN block of GPT with four parts exchanged: RMSNorm for LayerNorm, rotary positions inside attention for
//! learned ones at the bottom, heads of queries that share heads of keys, and SwiGLU for GELU. No biases. Published models have no dropout
//! either; with much less text than they had, it is still of use at the end of both branches.
//!
//! Shapes and backward are those of [`Block`](crate::Block): at each sum the gradient goes through the branch and past it.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, Tensor};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch11_normalization::RmsNorm;
use ch12_regularization::Dropout;
use ch19_attention::{GroupedQueryAttention, KvCache, Mask, Rotary};

use crate::{LlamaConfig, SwiGlu};

/// Attention between the tokens, then a gated feed-forward layer for each, both as residual branches.
pub struct LlamaBlock<T: Float = f32> {
    /// Before attention (`input_layernorm`).
    pub norm1: RmsNorm<T>,
    /// Between the tokens (`self_attn`).
    pub attention: GroupedQueryAttention<T>,
    /// At the end of the attention branch.
    pub dropout1: Dropout<T>,
    /// Before the feed-forward layer (`post_attention_layernorm`).
    pub norm2: RmsNorm<T>,
    /// For each token.
    pub mlp: SwiGlu<T>,
    /// At the end of the feed-forward branch.
    pub dropout2: Dropout<T>,
}

impl LlamaBlock {
    /// A block of these sizes, with PyTorch's first weights.
    ///
    /// # Panics
    /// When `heads` is not a multiple of `kv_heads`, the heads' size is odd, or `dropout` is no probability.
    #[track_caller]
    pub fn new(config: &LlamaConfig, rng: &mut Rng) -> Self {
        let &LlamaConfig { size, heads, kv_heads, head_size, eps, dropout, .. } = config;
        let mut linear = |inputs: usize, outputs: usize| {
            Linear::from_parts(Linear::new(inputs, outputs, rng).weight.value, None)
        };
        let (wide, narrow) = (heads * head_size, kv_heads * head_size);
        let linears = [linear(size, wide), linear(size, narrow), linear(size, narrow), linear(wide, size)];
        let rotary = Rotary::scaled(head_size, config.rope_base, config.rope_scaling);
        let norm = || RmsNorm::from_parts(Tensor::ones([size]), eps);
        LlamaBlock {
            norm1: norm(),
            attention: GroupedQueryAttention::from_parts(linears, heads, kv_heads).with_rotary(rotary),
            dropout1: Dropout::new(dropout, rng),
            norm2: norm(),
            mlp: SwiGlu::new(size, config.feed_forward, rng),
            dropout2: Dropout::new(dropout, rng),
        }
    }
}

impl<T: Float> LlamaBlock<T> {
    /// The same block in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> LlamaBlock<f64> {
        LlamaBlock {
            norm1: self.norm1.to_f64(),
            attention: self.attention.to_f64(),
            dropout1: self.dropout1.to_f64(),
            norm2: self.norm2.to_f64(),
            mlp: self.mlp.to_f64(),
            dropout2: self.dropout2.to_f64(),
        }
    }

    // ANCHOR: forward
    /// `[batch, time, size]` to the same shape; keeps what [`backward`](LlamaBlock::backward) needs.
    ///
    /// # Panics
    /// When the input or the mask has another shape.
    #[track_caller]
    pub fn forward(&mut self, x: Array<T>, mask: &Mask<'_>) -> Array<T> {
        let normed = within("norm1", || self.norm1.forward(x.clone()));
        let branch = within("attention", || self.attention.forward(normed, mask));
        let middle = self.dropout1.forward(branch) + &x;
        let normed = within("norm2", || self.norm2.forward(middle.clone()));
        let branch = within("mlp", || self.mlp.forward(normed));
        self.dropout2.forward(branch) + &middle
    }

    /// The gradient of the input, for that of the output; adds to the gradients of the parameters.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the output.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let branch = self.dropout2.backward(grad.clone());
        let branch = within("mlp", || self.mlp.backward(branch));
        let middle = within("norm2", || self.norm2.backward(branch)) + &grad;
        let branch = self.dropout1.backward(middle.clone());
        let branch = within("attention", || self.attention.backward(branch));
        within("norm1", || self.norm1.backward(branch)) + &middle
    }
    // ANCHOR_END: forward

    /// The output, for use rather than training: nothing is kept.
    ///
    /// # Panics
    /// When the input or the mask has another shape.
    #[track_caller]
    pub fn infer(&self, x: Array<T>, mask: &Mask<'_>) -> Array<T> {
        let normed = within("norm1", || self.norm1.infer(x.clone()));
        let middle = within("attention", || self.attention.infer(normed, mask)) + &x;
        let normed = within("norm2", || self.norm2.infer(middle.clone()));
        within("mlp", || self.mlp.infer(normed)) + &middle
    }

    /// The output of new tokens behind those of the cache, as [`Block::infer_cached`](crate::Block::infer_cached).
    ///
    /// # Panics
    /// When the input has another shape, or the cache has no room.
    #[track_caller]
    pub fn infer_cached(&self, x_new: Array<T>, cache: &mut KvCache<T>) -> Array<T> {
        let normed = within("norm1", || self.norm1.infer(x_new.clone()));
        let middle = within("attention", || self.attention.infer_cached(normed, cache)) + &x_new;
        let normed = within("norm2", || self.norm2.infer(middle.clone()));
        within("mlp", || self.mlp.infer(normed)) + &middle
    }
}

impl<T: Float> Module<T> for LlamaBlock<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("norm1", &mut self.norm1);
        visitor.child("attention", &mut self.attention);
        visitor.child("dropout1", &mut self.dropout1);
        visitor.child("norm2", &mut self.norm2);
        visitor.child("mlp", &mut self.mlp);
        visitor.child("dropout2", &mut self.dropout2);
    }
}
