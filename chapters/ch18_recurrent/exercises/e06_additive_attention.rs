//! Additive attention: which of the inputs matter now (Bahdanau, Cho and Bengio 2015).
//!
//! Shapes: the query `q` is `[batch, query]`, the keys `k` are `[batch, time, key]`, the mask is `[batch, time]` with true for
//! real places; the context is `[batch, key]`, the weights are `[batch, time]`.
//!
//! A small network scores every key: `s_t = v · tanh(W q + U k_t + b)`. Softmax over the real places makes weights of the
//! scores, `w = softmax(s)`, and the context is `Σ_t w_t k_t`. Back, for the gradient `g` of the context:
//!
//! - a key gets `w_t g` from the sum, and its weight gets `g · k_t`;
//! - through softmax, `ds_t = w_t (dw_t - Σ_j w_j dw_j)`; a hidden place has weight 0 and so gets none;
//! - through the network, `dv = Σ ds_t e_t` with `e_t = tanh(..)`, and `da_t = ds_t v (1 - e_t²)`, which reaches `k_t` through
//!   `U`, and `q` through `W` as the sum over `t`.
//!
//! Left out: computing `U k_t` once for many queries. Chapter 19 scores by a product instead.

use ch01_tensors::{Array, Float, Rng, fail};
use ch03_neurons::{softmax, softmax_backward, tanh, tanh_backward};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch18_recurrent::last_step;

/// A small network that scores keys, and the mean of the keys weighted by it.
pub struct AdditiveAttention<T: Float = f32> {
    /// `W`, `[size, query]`, without bias.
    pub query: Linear<T>,
    /// `U` and `b`, `[size, key]`.
    pub key: Linear<T>,
    /// `v`, `[1, size]`, without bias.
    pub score: Linear<T>,
    /// Keys, weights and `tanh(..)` of calls that have not been gone back through.
    calls: Vec<[Array<T>; 3]>,
}

impl AdditiveAttention {
    /// Attention of queries of one size to keys of another, through a layer of `size`; PyTorch's first weights.
    pub fn new(query: usize, key: usize, size: usize, rng: &mut Rng) -> Self {
        let mut without = |inputs, outputs| {
            let layer = Linear::new(inputs, outputs, rng);
            Linear::from_parts(layer.weight.value, None)
        };
        let (query, score) = (without(query, size), without(size, 1));
        AdditiveAttention { query, key: Linear::new(key, size, rng), score, calls: Vec::new() }
    }
}

impl<T: Float> AdditiveAttention<T> {
    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> AdditiveAttention<f64> {
        let (query, key, score) = (self.query.to_f64(), self.key.to_f64(), self.score.to_f64());
        AdditiveAttention { query, key, score, calls: Vec::new() }
    }

    /// The context `[batch, key]` and the weights `[batch, time]`; keeps what [`backward`](AdditiveAttention::backward) needs.
    ///
    /// # Panics
    /// When the shapes do not fit, or a sequence has no real place.
    #[track_caller]
    pub fn forward(&mut self, query: Array<T>, keys: Array<T>, mask: &Array<bool>) -> [Array<T>; 2] {
        check(&keys, mask);
        let from_query = self.query.forward(query).unsqueeze(1);
        let e = tanh(self.key.forward(keys.clone()) + &from_query);
        let scores = self.score.forward(e.clone()).squeeze(2);
        let (context, weights) = attend(scores, &keys, mask);
        self.calls.push([keys, weights.clone(), e]);
        [context, weights]
    }

    /// The context and the weights, for use rather than training.
    ///
    /// # Panics
    /// As [`forward`](AdditiveAttention::forward).
    #[track_caller]
    pub fn infer(&self, query: Array<T>, keys: &Array<T>, mask: &Array<bool>) -> [Array<T>; 2] {
        check(keys, mask);
        let from_query = self.query.infer(query).unsqueeze(1);
        let e = tanh(self.key.infer(keys.clone()) + &from_query);
        let (context, weights) = attend(self.score.infer(e).squeeze(2), keys, mask);
        [context, weights]
    }

    /// For the gradient of the context, `[batch, key]`: adds to the parameters', returns those of query and keys.
    ///
    /// # Panics
    /// Without a matching forward call, or when the shape does not fit.
    #[track_caller]
    pub fn backward(&mut self, grad: &Array<T>) -> (Array<T>, Array<T>) {
        let [keys, weights, e] = last_step("AdditiveAttention::backward", &mut self.calls);
        let (dscores, direct) = attend_backward(grad, &keys, &weights);
        let da = tanh_backward(self.score.backward(dscores.unsqueeze(2)), &e);
        let dquery = self.query.backward(da.sum(1, false));
        (dquery, direct + &self.key.backward(da))
    }
}

/// From scores `[batch, time]` to the context `[batch, key]` and the weights.
fn attend<T: Float>(scores: Array<T>, keys: &Array<T>, mask: &Array<bool>) -> (Array<T>, Array<T>) {
    // Yours: Hidden places get the score -inf, `T::LOWEST` (`Array::from_fn` makes an array element by element).
    // Then softmax over axis 1. The context is the sum over axis 1 of the keys times the weights as [batch, time, 1].
    todo!()
}

/// The gradients of the scores, and of the keys as far as they come from the sum.
fn attend_backward<T: Float>(grad: &Array<T>, keys: &Array<T>, weights: &Array<T>) -> (Array<T>, Array<T>) {
    let grad = grad.clone().unsqueeze(1);
    // Yours: `grad` is [batch, 1, key]. A weight's gradient is the sum over the last axis of the keys times `grad`;
    // `softmax_backward(dweights, weights, 1)` makes those of the scores. A key's is its weight times `grad`.
    todo!()
}

#[track_caller]
fn check<T: Float>(keys: &Array<T>, mask: &Array<bool>) {
    if keys.ndim() != 3 || keys.shape()[..2] != mask.shape()[..] {
        let (keys, mask) = (keys.shape(), mask.shape());
        fail(
            "AdditiveAttention",
            format_args!("{keys:?} and {mask:?} are not [batch, time, key] and [batch, time]"),
        );
    }
    if (0..mask.dim(0)).any(|b| !(0..mask.dim(1)).any(|t| mask[[b, t]])) {
        fail("AdditiveAttention", format_args!("a sequence without a real place: nothing to attend to"));
    }
}

impl<T: Float> Module<T> for AdditiveAttention<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("query", &mut self.query);
        visitor.child("key", &mut self.key);
        visitor.child("score", &mut self.score);
    }
}
