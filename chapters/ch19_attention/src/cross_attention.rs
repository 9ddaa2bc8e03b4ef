//! Cross-attention (Vaswani et al. 2017; `torch.nn.MultiheadAttention` with `batch_first=True` and other keys than
//! queries): a decoder looks at what an encoder made of the input, its memory.
//!
//! Shapes: `x` is `[batch, queries, size]`, `memory` `[batch, keys, memory_size]`, the output `[batch, queries, size]`.
//! Queries come from `x` by one linear layer, keys and values from the memory by another (first the keys of all heads, then
//! the values): the first third and the rest of PyTorch's `in_proj_weight`. The mask is that of the memory's padding.
//!
//! Backward gives two gradients: that of `x` through the queries, and that of the memory through keys and values.
//!
//! Left out: dropout on the weights.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, fail};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch19_attention::{
    Attended, AttentionOptions, KvCache, Mask, attention_weights, flash_attention, flash_attention_backward,
    merge_heads, split_heads,
};

/// Attention from one sequence to another.
pub struct CrossAttention<T: Float = f32> {
    /// Queries of all heads: `[size, size]`.
    pub q: Linear<T>,
    /// Keys and values of all heads: `[2 * size, memory_size]`.
    pub kv: Linear<T>,
    /// What mixes the heads' outputs: `[size, size]`.
    pub output: Linear<T>,
    heads: usize,
    kept: Vec<Kept<T>>,
}

/// What `backward` needs of one forward call.
struct Kept<T: Float> {
    q: Array<T>,
    kv: [Array<T>; 2],
    attended: Attended<T>,
    padding: Option<Array<bool>>,
}

impl CrossAttention {
    /// Weights as PyTorch's Linear draws them; the memory has as many features as the queries.
    ///
    /// # Panics
    /// When `size` is not a multiple of `heads`.
    #[track_caller]
    pub fn new(size: usize, heads: usize, rng: &mut Rng) -> Self {
        let [q, kv, output] = [1, 2, 1].map(|parts| Linear::new(size, parts * size, rng));
        CrossAttention::from_parts(q, kv, output, heads)
    }
}

impl<T: Float> CrossAttention<T> {
    /// A layer with these linear layers, `[size, size]`, `[2 * size, memory_size]` and `[size, size]`.
    ///
    /// # Panics
    /// When the shapes are others, or `size` is not a multiple of `heads`.
    #[track_caller]
    pub fn from_parts(q: Linear<T>, kv: Linear<T>, output: Linear<T>, heads: usize) -> Self {
        let size = output.weight.value.dim(0);
        let [a, b, c] = [&q, &kv, &output].map(|linear| *linear.weight.value.shape());
        if a != [size, size] || b[0] != 2 * size || c != [size, size] {
            let rule = format_args!("weights {a:?}, {b:?} and {c:?} are not [size, size], [2 size, memory");
            fail("CrossAttention", format_args!("{rule} size] and [size, size]"));
        }
        if heads == 0 || !size.is_multiple_of(heads) {
            fail("CrossAttention", format_args!("{size} features do not split into {heads} heads"));
        }
        CrossAttention { q, kv, output, heads, kept: Vec::new() }
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> CrossAttention<f64> {
        CrossAttention::from_parts(self.q.to_f64(), self.kv.to_f64(), self.output.to_f64(), self.heads)
    }

    /// How many heads there are.
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// `[batch, keys, 2 * size]` as keys and values of `[batch, heads, keys, head_size]`.
    fn parts(&self, kv: &Array<T>) -> [Array<T>; 2] {
        kv.split_equal(2).map(|part| split_heads(part, self.heads))
    }

    // ANCHOR: forward
    /// What `x` finds in `memory`; keeps what [`backward`](CrossAttention::backward) needs. `real` says which tokens of
    /// the memory are real, `[batch, keys]`; all if `None`.
    ///
    /// # Panics
    /// When a shape is another.
    #[track_caller]
    pub fn forward(&mut self, x: Array<T>, memory: Array<T>, real: Option<&Array<bool>>) -> Array<T> {
        let q = split_heads(within("q", || self.q.forward(x)), self.heads);
        let kv = within("kv", || self.kv.forward(memory));
        let kv = self.parts(&kv);
        let options = AttentionOptions::from(Mask { causal: false, padding: real });
        let attended = flash_attention(&q, &kv[0], &kv[1], &options);
        let y = merge_heads(attended.output.clone());
        self.kept.push(Kept { q, kv, attended, padding: real.cloned() });
        within("output", || self.output.forward(y))
    }

    /// The gradients of `x` and of the memory; adds to the gradients of the parameters.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the output.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) -> (Array<T>, Array<T>) {
        let Some(Kept { q, kv: [k, v], attended, padding }) = self.kept.pop() else {
            fail("CrossAttention::backward", format_args!("no forward call to go back through"))
        };
        let grad = split_heads(within("output", || self.output.backward(grad)), self.heads);
        let options = AttentionOptions::from(Mask { causal: false, padding: padding.as_ref() });
        let [dq, dk, dv] = flash_attention_backward(&grad, &q, &k, &v, &attended, &options).map(merge_heads);
        let dkv = Array::concat(&[&dk, &dv], 2);
        let dmemory = within("kv", || self.kv.backward(dkv));
        (within("q", || self.q.backward(dq)), dmemory)
    }
    // ANCHOR_END: forward

    /// The output, for use rather than training: nothing is kept.
    ///
    /// # Panics
    /// When a shape is another.
    #[track_caller]
    pub fn infer(&self, x: Array<T>, memory: Array<T>, real: Option<&Array<bool>>) -> Array<T> {
        self.infer_cached(x, &self.remember(memory), real)
    }

    /// Keys and values of a memory, computed once for all steps of generating.
    ///
    /// # Panics
    /// When the shape is another.
    #[track_caller]
    pub fn remember(&self, memory: Array<T>) -> KvCache<T> {
        let [k, v] = self.parts(&within("kv", || self.kv.infer(memory)));
        let mut cache = KvCache::new([k.dim(0), self.heads, k.dim(2), k.dim(3)]);
        cache.extend(&k, &v);
        cache
    }

    /// The output for keys and values of [`remember`](CrossAttention::remember).
    ///
    /// # Panics
    /// When a shape is another.
    #[track_caller]
    pub fn infer_cached(&self, x: Array<T>, memory: &KvCache<T>, real: Option<&Array<bool>>) -> Array<T> {
        let q = split_heads(within("q", || self.q.infer(x)), self.heads);
        let options = AttentionOptions::from(Mask { causal: false, padding: real });
        let attended = flash_attention(&q, &memory.keys(), &memory.values(), &options);
        within("output", || self.output.infer(merge_heads(attended.output)))
    }

    /// Where each head looks, `[batch, heads, queries, keys]`, for pictures.
    ///
    /// # Panics
    /// When a shape is another.
    #[track_caller]
    pub fn weights(&self, x: Array<T>, memory: Array<T>, real: Option<&Array<bool>>) -> Array<T> {
        let [k, _] = self.parts(&self.kv.infer(memory));
        let q = split_heads(self.q.infer(x), self.heads);
        attention_weights(&q, &k, &Mask { causal: false, padding: real })
    }
}

impl<T: Float> Module<T> for CrossAttention<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("q", &mut self.q);
        visitor.child("kv", &mut self.kv);
        visitor.child("output", &mut self.output);
    }
}
