//! The post-LN block (Vaswani et al. 2017, BERT; `nn.TransformerEncoderLayer` with `norm_first=False`):
//! `m = norm1(x + drop(attention(x)))`, `y = norm2(m + drop(mlp(m)))`.
//!
//! Shapes: `x`, `m` and `y` are `[batch, time, size]`.
//!
//! The norm stands on the sum, so every gradient passes through it. With `g = dL/dy` and `h = N₂ᵀ g` behind the second norm:
//! `dL/dm = h + J_mlpᵀ h`; with `k = N₁ᵀ dL/dm` behind the first: `dL/dx = k + J_attᵀ k`. There is no path around the norms, which
//! is what [`Block`](ch20_transformer::Block), pre-LN, has.
//!
//! Left out: dropout on the attention weights.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, Tensor};
use ch05_backprop::{Layer, Module, Visitor};
use ch11_normalization::LayerNorm;
use ch12_regularization::Dropout;
use ch19_attention::{Mask, MultiHeadAttention};
use ch20_transformer::FeedForward;

/// Attention between the tokens, then a feed-forward layer for each; a norm on the sum of each with its input.
pub struct PostNormBlock<T: Float = f32> {
    /// Between the tokens.
    pub attention: MultiHeadAttention<T>,
    /// At the end of the attention branch.
    pub dropout1: Dropout<T>,
    /// On the sum of input and attention branch.
    pub norm1: LayerNorm<T>,
    /// For each token.
    pub mlp: FeedForward<T>,
    /// At the end of the feed-forward branch.
    pub dropout2: Dropout<T>,
    /// On the sum of the first sum and the feed-forward branch.
    pub norm2: LayerNorm<T>,
}

impl PostNormBlock {
    /// A block for vectors of `size` features, with `inner` features in the feed-forward layer. `eps` is added to the
    /// variances: PyTorch takes 1e-5, BERT 1e-12.
    ///
    /// # Panics
    /// When `size` is not a multiple of `heads`, or `dropout` is no probability.
    #[track_caller]
    pub fn new(size: usize, heads: usize, inner: usize, dropout: f64, eps: f64, rng: &mut Rng) -> Self {
        let norm = || LayerNorm::from_parts(Tensor::ones([size]), Tensor::zeros([size]), eps);
        PostNormBlock {
            attention: MultiHeadAttention::new(size, heads, rng),
            dropout1: Dropout::new(dropout, rng),
            norm1: norm(),
            mlp: FeedForward::new(size, inner, rng),
            dropout2: Dropout::new(dropout, rng),
            norm2: norm(),
        }
    }
}

impl<T: Float> PostNormBlock<T> {
    /// The same block in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> PostNormBlock<f64> {
        PostNormBlock {
            attention: self.attention.to_f64(),
            dropout1: self.dropout1.to_f64(),
            norm1: self.norm1.to_f64(),
            mlp: self.mlp.to_f64(),
            dropout2: self.dropout2.to_f64(),
            norm2: self.norm2.to_f64(),
        }
    }

    // ANCHOR: forward
    /// `[batch, time, size]` to the same shape; keeps what [`backward`](PostNormBlock::backward) needs.
    ///
    /// # Panics
    /// When the input or the mask has another shape.
    #[track_caller]
    pub fn forward(&mut self, x: Array<T>, mask: &Mask<'_>) -> Array<T> {
        // exercise: forward - m = norm1(x + dropout1(attention(x))), y = norm2(m + dropout2(mlp(m))). An array that is
        // needed again is cloned, which is free; `branch + &x` adds.
        let branch = within("attention", || self.attention.forward(x.clone(), mask));
        let sum = self.dropout1.forward(branch) + &x;
        let middle = within("norm1", || self.norm1.forward(sum));
        let branch = within("mlp", || self.mlp.forward(middle.clone()));
        let sum = self.dropout2.forward(branch) + &middle;
        within("norm2", || self.norm2.forward(sum))
        // exercise: end
    }

    /// The gradient of the input, for that of the output; adds to the gradients of the parameters.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the output.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) -> Array<T> {
        // exercise: backward - First through the second norm: what comes out is the gradient of the sum, and goes both
        // ways, through the branch and past it. Then the same for the first half.
        let sum = within("norm2", || self.norm2.backward(grad));
        let branch = self.dropout2.backward(sum.clone());
        let middle = within("mlp", || self.mlp.backward(branch)) + &sum;
        let sum = within("norm1", || self.norm1.backward(middle));
        let branch = self.dropout1.backward(sum.clone());
        within("attention", || self.attention.backward(branch)) + &sum
        // exercise: end
    }
    // ANCHOR_END: forward

    /// The output, for use rather than training: nothing is kept, nothing is dropped.
    ///
    /// # Panics
    /// When the input or the mask has another shape.
    #[track_caller]
    pub fn infer(&self, x: Array<T>, mask: &Mask<'_>) -> Array<T> {
        let sum = within("attention", || self.attention.infer(x.clone(), mask)) + &x;
        let middle = within("norm1", || self.norm1.infer(sum));
        let sum = within("mlp", || self.mlp.infer(middle.clone())) + &middle;
        within("norm2", || self.norm2.infer(sum))
    }
}

impl<T: Float> Module<T> for PostNormBlock<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("attention", &mut self.attention);
        visitor.child("dropout1", &mut self.dropout1);
        visitor.child("norm1", &mut self.norm1);
        visitor.child("mlp", &mut self.mlp);
        visitor.child("dropout2", &mut self.dropout2);
        visitor.child("norm2", &mut self.norm2);
    }
}
