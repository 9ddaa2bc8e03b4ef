//! The pre-LN block (Xiong et al. 2020; GPT-2): `m = x + drop(attention(norm1(x)))`, `y = m + drop(mlp(norm2(m)))`.
//!
//! Shapes: `x`, `m` and `y` are `[batch, time, size]`.
//!
//! Both branches are residual, so with `g = dL/dy`: `dL/dm = g + J_mlpᵀ g` and `dL/dx = dL/dm + J_attᵀ dL/dm`, where the
//! J are the Jacobians of the branches. The gradient reaches `x` unchanged whatever the branches do. In post-LN (the
//! first Transformer) the norm stands on the sum, `norm(x + f(x))`, and every gradient has to pass through all norms.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng};
use ch05_backprop::{Layer, Module, Visitor};
use ch11_normalization::LayerNorm;
use ch12_regularization::Dropout;
use ch19_attention::{KvCache, Mask, MultiHeadAttention};
use ch20_transformer::FeedForward;

/// Attention between the tokens, then a feed-forward layer for each, both as residual branches.
pub struct Block<T: Float = f32> {
    /// Before attention.
    pub norm1: LayerNorm<T>,
    /// Between the tokens.
    pub attention: MultiHeadAttention<T>,
    /// At the end of the attention branch.
    pub dropout1: Dropout<T>,
    /// Before the feed-forward layer.
    pub norm2: LayerNorm<T>,
    /// For each token.
    pub mlp: FeedForward<T>,
    /// At the end of the feed-forward branch.
    pub dropout2: Dropout<T>,
}

impl Block {
    /// A block for vectors of `size` features, with `inner` features in the feed-forward layer.
    ///
    /// # Panics
    /// When `size` is not a multiple of `heads`, or `dropout` is no probability.
    #[track_caller]
    pub fn new(size: usize, heads: usize, inner: usize, dropout: f64, rng: &mut Rng) -> Self {
        Block {
            norm1: LayerNorm::new(size),
            attention: MultiHeadAttention::new(size, heads, rng),
            dropout1: Dropout::new(dropout, rng),
            norm2: LayerNorm::new(size),
            mlp: FeedForward::new(size, inner, rng),
            dropout2: Dropout::new(dropout, rng),
        }
    }
}

impl<T: Float> Block<T> {
    /// The same block in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> Block<f64> {
        Block {
            norm1: self.norm1.to_f64(),
            attention: self.attention.to_f64(),
            dropout1: self.dropout1.to_f64(),
            norm2: self.norm2.to_f64(),
            mlp: self.mlp.to_f64(),
            dropout2: self.dropout2.to_f64(),
        }
    }

    /// `[batch, time, size]` to the same shape; keeps what [`backward`](Block::backward) needs.
    ///
    /// # Panics
    /// When the input or the mask has another shape.
    #[track_caller]
    pub fn forward(&mut self, x: Array<T>, mask: &Mask<'_>) -> Array<T> {
        // Yours: m = x + dropout1(attention(norm1(x))), y = m + dropout2(mlp(norm2(m))). An array that is
        // needed again is cloned, which is free; `branch + &x` adds.
        todo!()
    }

    /// The gradient of the input, for that of the output; adds to the gradients of the parameters.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the output.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) -> Array<T> {
        // Yours: The way back through the second branch, then the first. At each sum the gradient goes both
        // ways: through the branch, and past it.
        todo!()
    }

    /// The output, for use rather than training: nothing is kept, nothing is dropped.
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

    /// The output of new tokens, `[batch, new, size]`, behind those whose keys and values the cache holds: what
    /// [`infer`](Block::infer) of all tokens with a causal mask gives for the last ones. Only attention looks at other tokens,
    /// so only attention needs the cache.
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

impl<T: Float> Module<T> for Block<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("norm1", &mut self.norm1);
        visitor.child("attention", &mut self.attention);
        visitor.child("dropout1", &mut self.dropout1);
        visitor.child("norm2", &mut self.norm2);
        visitor.child("mlp", &mut self.mlp);
        visitor.child("dropout2", &mut self.dropout2);
    }
}
