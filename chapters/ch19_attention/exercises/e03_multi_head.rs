//! Multi-head self-attention (Vaswani et al. 2017; `torch.nn.MultiheadAttention` with `batch_first=True` and one input).
//!
//! Shapes: `x` and `y` are `[batch, time, size]`. One linear layer makes queries, keys and values for all heads at once,
//! `[batch, time, 3 * size]`: first the queries of all heads, then the keys, then the values, as in PyTorch's
//! `in_proj_weight`. Each of the `heads` heads attends with `size / heads` features of its own; their outputs side by side
//! go through a second linear layer.
//!
//! Backward is the same way back: through the second layer, through attention, through the first. The linear layers
//! (chapter 5) keep their own inputs; attention keeps queries, keys and values, one number for each query and head, and
//! its output (which the second linear layer keeps as its input anyway: the same memory).
//!
//! Left out: dropout on the weights. Keys of another sequence: `CrossAttention`.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, fail};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch19_attention::{
    Attended, AttentionOptions, KvCache, Mask, attention_weights, flash_attention, merge_heads,
    self_attention, self_attention_backward, split_heads,
};

/// Several attentions side by side, each on features of its own.
pub struct MultiHeadAttention<T: Float = f32> {
    /// Queries, keys and values of all heads: `[3 * size, size]`.
    pub qkv: Linear<T>,
    /// What mixes the heads' outputs: `[size, size]`.
    pub output: Linear<T>,
    heads: usize,
    kept: Vec<Kept<T>>,
}

/// What `backward` needs of one forward call; arrays share their storage with those of the layers around.
struct Kept<T: Float> {
    qkv: Array<T>,
    attended: Attended<T>,
    causal: bool,
    padding: Option<Array<bool>>,
}

impl MultiHeadAttention {
    /// Weights as PyTorch's Linear draws them; chapter 8 has better ones for deep networks.
    ///
    /// # Panics
    /// When `size` is not a multiple of `heads`.
    #[track_caller]
    pub fn new(size: usize, heads: usize, rng: &mut Rng) -> Self {
        MultiHeadAttention::from_parts(Linear::new(size, 3 * size, rng), Linear::new(size, size, rng), heads)
    }
}

impl<T: Float> MultiHeadAttention<T> {
    /// A layer with these two linear layers, `[3 * size, size]` and `[size, size]`.
    ///
    /// # Panics
    /// When the shapes are others, or `size` is not a multiple of `heads`.
    #[track_caller]
    pub fn from_parts(qkv: Linear<T>, output: Linear<T>, heads: usize) -> Self {
        let size = output.weight.value.dim(0);
        if *qkv.weight.value.shape() != [3 * size, size] || *output.weight.value.shape() != [size, size] {
            let (qkv, output) = (qkv.weight.value.shape(), output.weight.value.shape());
            let rule = format_args!("weights {qkv:?} and {output:?} are not [3 size, size] and [size, size]");
            fail("MultiHeadAttention", rule);
        }
        if heads == 0 || !size.is_multiple_of(heads) {
            fail("MultiHeadAttention", format_args!("{size} features do not split into {heads} heads"));
        }
        MultiHeadAttention { qkv, output, heads, kept: Vec::new() }
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> MultiHeadAttention<f64> {
        MultiHeadAttention::from_parts(self.qkv.to_f64(), self.output.to_f64(), self.heads)
    }

    /// How many heads there are.
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// `[batch, time, size]` to the same shape; keeps what [`backward`](MultiHeadAttention::backward) needs.
    ///
    /// # Panics
    /// When the input or the mask has another shape.
    #[track_caller]
    pub fn forward(&mut self, x: Array<T>, mask: &Mask<'_>) -> Array<T> {
        // Yours: qkv = first linear layer of x; `self_attention(&qkv, self.heads, mask)` attends and returns
        // what backward needs too, with the `output` in it, which goes through the second linear layer. Push qkv, what
        // attention returned, and the mask.
        todo!()
    }

    /// The gradient of the input, for that of the output; adds to the gradients of the parameters.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the output.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(Kept { qkv, attended, causal, padding }) = self.kept.pop() else {
            fail("MultiHeadAttention::backward", format_args!("no forward call to go back through"))
        };
        let mask = Mask { causal, padding: padding.as_ref() };
        // Yours: The way back: the second linear layer, then
        // `self_attention_backward(&grad, &qkv, &attended, self.heads, &mask)`, then the first linear layer.
        todo!()
    }

    /// The output, for use rather than training: nothing is kept.
    ///
    /// # Panics
    /// When the input or the mask has another shape.
    #[track_caller]
    pub fn infer(&self, x: Array<T>, mask: &Mask<'_>) -> Array<T> {
        let qkv = within("qkv", || self.qkv.infer(x));
        let attended = self_attention(&qkv, self.heads, mask);
        within("output", || self.output.infer(attended.output))
    }

    /// An empty cache for `batch` sequences of up to `capacity` tokens.
    pub fn cache(&self, batch: usize, capacity: usize) -> KvCache<T> {
        KvCache::new([batch, self.heads, capacity, self.output.weight.value.dim(0) / self.heads])
    }

    /// The output of new tokens, `[batch, new, size]`, behind those of the cache, which they are added to: the same as
    /// [`infer`](MultiHeadAttention::infer) of all tokens with a causal mask gives for the last ones.
    ///
    /// # Panics
    /// When the shape is another, or the cache has no room.
    #[track_caller]
    pub fn infer_cached(&self, x_new: Array<T>, cache: &mut KvCache<T>) -> Array<T> {
        let qkv = within("qkv", || self.qkv.infer(x_new));
        let [q, k, v] = qkv.split_equal(2).map(|part| split_heads(part, self.heads));
        // Yours: The new queries stand behind the `cache.len()` tokens so far: that is their `offset` in
        // `AttentionOptions { mask: Mask::CAUSAL, offset, ..Default::default() }`. Then `cache.extend(&k, &v)`, and
        // `flash_attention(&q, &cache.keys(), &cache.values(), &options).output` is what the new queries find. Give it, with
        // its heads merged, to the second layer.
        todo!()
    }

    /// Where each head looks, `[batch, heads, queries, keys]`, for pictures: the weights that
    /// [`infer`](MultiHeadAttention::infer) uses.
    ///
    /// # Panics
    /// When the input or the mask has another shape.
    #[track_caller]
    pub fn weights(&self, x: Array<T>, mask: &Mask<'_>) -> Array<T> {
        let qkv = self.qkv.infer(x);
        // Yours: The first third of the features are the queries, the second the keys. `narrow(2, start,
        // length)` takes a part of the last axis, `split_heads(x, heads)` cuts it into heads.
        todo!()
    }
}

impl<T: Float> Module<T> for MultiHeadAttention<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("qkv", &mut self.qkv);
        visitor.child("output", &mut self.output);
    }
}
