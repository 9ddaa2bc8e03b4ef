//! The block of a decoder that reads an encoder (Vaswani et al. 2017; `nn.TransformerDecoderLayer` with `norm_first=True`):
//! `a = x + drop(attention(norm1(x)))`, `c = a + drop(cross(norm2(a), memory))`, `y = c + drop(mlp(norm3(c)))`.
//!
//! Shapes: `x` and `y` are `[batch, time, size]`, the memory `[batch, keys, size]`. Attention among the tokens of the output is
//! causal; cross-attention sees all real tokens of the memory.
//!
//! Backward goes through the three branches from the last to the first, each time past the branch too. The memory gets a
//! gradient from every block: the caller adds them up and goes on through the encoder.
//!
//! Left out: dropout on the attention weights.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng};
use ch05_backprop::{Layer, Module, Visitor};
use ch11_normalization::LayerNorm;
use ch12_regularization::Dropout;
use ch19_attention::{CrossAttention, KvCache, Mask, MultiHeadAttention};
use ch20_transformer::FeedForward;

/// Attention among the output's tokens, attention to the memory, and a feed-forward layer, each as a residual branch.
pub struct CrossBlock<T: Float = f32> {
    /// Before attention among the output's tokens.
    pub norm1: LayerNorm<T>,
    /// Among the output's tokens.
    pub attention: MultiHeadAttention<T>,
    /// At the end of the first branch.
    pub dropout1: Dropout<T>,
    /// Before attention to the memory.
    pub norm2: LayerNorm<T>,
    /// To the memory.
    pub cross: CrossAttention<T>,
    /// At the end of the second branch.
    pub dropout2: Dropout<T>,
    /// Before the feed-forward layer.
    pub norm3: LayerNorm<T>,
    /// For each token.
    pub mlp: FeedForward<T>,
    /// At the end of the third branch.
    pub dropout3: Dropout<T>,
}

impl CrossBlock {
    /// A block for vectors of `size` features, with `inner` features in the feed-forward layer.
    ///
    /// # Panics
    /// When `size` is not a multiple of `heads`, or `dropout` is no probability.
    #[track_caller]
    pub fn new(size: usize, heads: usize, inner: usize, dropout: f64, rng: &mut Rng) -> Self {
        CrossBlock {
            norm1: LayerNorm::new(size),
            attention: MultiHeadAttention::new(size, heads, rng),
            dropout1: Dropout::new(dropout, rng),
            norm2: LayerNorm::new(size),
            cross: CrossAttention::new(size, heads, rng),
            dropout2: Dropout::new(dropout, rng),
            norm3: LayerNorm::new(size),
            mlp: FeedForward::new(size, inner, rng),
            dropout3: Dropout::new(dropout, rng),
        }
    }
}

impl<T: Float> CrossBlock<T> {
    /// The same block in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> CrossBlock<f64> {
        CrossBlock {
            norm1: self.norm1.to_f64(),
            attention: self.attention.to_f64(),
            dropout1: self.dropout1.to_f64(),
            norm2: self.norm2.to_f64(),
            cross: self.cross.to_f64(),
            dropout2: self.dropout2.to_f64(),
            norm3: self.norm3.to_f64(),
            mlp: self.mlp.to_f64(),
            dropout3: self.dropout3.to_f64(),
        }
    }

    // ANCHOR: forward
    /// `[batch, time, size]` to the same shape; `real` says which tokens of the memory are real, `[batch, keys]`. Keeps what
    /// [`backward`](CrossBlock::backward) needs.
    ///
    /// # Panics
    /// When an array has another shape.
    #[track_caller]
    pub fn forward(&mut self, x: Array<T>, memory: Array<T>, real: Option<&Array<bool>>) -> Array<T> {
        // exercise: forward - Three residual branches: causal attention (`Mask::CAUSAL`) on norm1 of x; `self.cross.forward(u,
        // memory, real)` on norm2 of the first sum; mlp on norm3 of the second. Each ends in its dropout.
        let normed = within("norm1", || self.norm1.forward(x.clone()));
        let branch = within("attention", || self.attention.forward(normed, &Mask::CAUSAL));
        let a = self.dropout1.forward(branch) + &x;
        let normed = within("norm2", || self.norm2.forward(a.clone()));
        let branch = within("cross", || self.cross.forward(normed, memory, real));
        let c = self.dropout2.forward(branch) + &a;
        let normed = within("norm3", || self.norm3.forward(c.clone()));
        let branch = within("mlp", || self.mlp.forward(normed));
        self.dropout3.forward(branch) + &c
        // exercise: end
    }

    /// The gradients of the input and of the memory, for that of the output; adds to the gradients of the parameters.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the output.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) -> (Array<T>, Array<T>) {
        // exercise: backward - The three branches from the last to the first. `self.cross.backward(g)` returns two gradients:
        // that of its first input and that of the memory.
        let branch = self.dropout3.backward(grad.clone());
        let branch = within("mlp", || self.mlp.backward(branch));
        let c = within("norm3", || self.norm3.backward(branch)) + &grad;
        drop(grad);
        let branch = self.dropout2.backward(c.clone());
        let (branch, memory) = within("cross", || self.cross.backward(branch));
        let a = within("norm2", || self.norm2.backward(branch)) + &c;
        let branch = self.dropout1.backward(a.clone());
        let branch = within("attention", || self.attention.backward(branch));
        (within("norm1", || self.norm1.backward(branch)) + &a, memory)
        // exercise: end
    }
    // ANCHOR_END: forward

    /// The output for new tokens `[batch, new, size]`, behind those that `own` has seen, which they are added to; `memory` holds
    /// the memory's keys and values ([`CrossAttention::remember`]). With an empty `own`, that is the whole sequence.
    ///
    /// # Panics
    /// When an array has another shape, or the cache has no room.
    #[track_caller]
    pub fn infer_cached(
        &self,
        x: Array<T>,
        own: &mut KvCache<T>,
        memory: &KvCache<T>,
        real: Option<&Array<bool>>,
    ) -> Array<T> {
        let normed = within("norm1", || self.norm1.infer(x.clone()));
        let a = within("attention", || self.attention.infer_cached(normed, own)) + &x;
        let normed = within("norm2", || self.norm2.infer(a.clone()));
        let c = within("cross", || self.cross.infer_cached(normed, memory, real)) + &a;
        let normed = within("norm3", || self.norm3.infer(c.clone()));
        within("mlp", || self.mlp.infer(normed)) + &c
    }

    /// The output, for use rather than training: nothing is kept, nothing is dropped.
    ///
    /// # Panics
    /// When an array has another shape.
    #[track_caller]
    pub fn infer(&self, x: Array<T>, memory: Array<T>, real: Option<&Array<bool>>) -> Array<T> {
        let normed = within("norm1", || self.norm1.infer(x.clone()));
        let a = within("attention", || self.attention.infer(normed, &Mask::CAUSAL)) + &x;
        let normed = within("norm2", || self.norm2.infer(a.clone()));
        let c = within("cross", || self.cross.infer(normed, memory, real)) + &a;
        let normed = within("norm3", || self.norm3.infer(c.clone()));
        within("mlp", || self.mlp.infer(normed)) + &c
    }
}

impl<T: Float> Module<T> for CrossBlock<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("norm1", &mut self.norm1);
        visitor.child("attention", &mut self.attention);
        visitor.child("dropout1", &mut self.dropout1);
        visitor.child("norm2", &mut self.norm2);
        visitor.child("cross", &mut self.cross);
        visitor.child("dropout2", &mut self.dropout2);
        visitor.child("norm3", &mut self.norm3);
        visitor.child("mlp", &mut self.mlp);
        visitor.child("dropout3", &mut self.dropout3);
    }
}
