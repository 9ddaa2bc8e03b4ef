//! Grouped-query attention (Ainslie et al. 2023), as LLaMA has it (`LlamaAttention` of `transformers`, without biases);
//! with one head of keys it is multi-query attention (Shazeer 2019), with as many as queries ordinary attention.
//!
//! Shapes: `x` and `y` are `[batch, time, size]`. Queries have `heads` heads, keys and values `kv_heads`, a divisor; heads
//! `0..g` of the queries share the first head of keys, and so on, `g = heads / kv_heads`. The cache of keys and values is
//! smaller by `g`, and so is what a step of generating has to read.
//!
//! Optional: [`Rotary`] positions on queries and keys, ALiBi's slopes, a sliding window.
//!
//! Backward is the same way back; the gradient of a shared head is the sum over the heads that share it.
//!
//! Left out: dropout on the weights.

use ch01_tensors::context::within;
use ch01_tensors::{Array, Float, Rng, fail};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use ch19_attention::{
    Attended, AttentionOptions, KvCache, Mask, Rotary, alibi_slopes, flash_attention,
    flash_attention_backward, merge_heads, split_heads,
};

/// Self-attention whose heads share keys and values.
pub struct GroupedQueryAttention<T: Float = f32> {
    /// Queries: `[heads * head_size, size]` (`q_proj`).
    pub q: Linear<T>,
    /// Keys: `[kv_heads * head_size, size]` (`k_proj`).
    pub k: Linear<T>,
    /// Values: `[kv_heads * head_size, size]` (`v_proj`).
    pub v: Linear<T>,
    /// What mixes the heads' outputs: `[size, heads * head_size]` (`o_proj`).
    pub output: Linear<T>,
    heads: usize,
    kv_heads: usize,
    rotary: Option<Rotary>,
    slopes: Option<Array<T>>,
    window: Option<usize>,
    kept: Vec<Kept<T>>,
}

/// What `backward` needs of one forward call: queries, keys and values (turned, if they are), the result, the mask.
struct Kept<T: Float> {
    qkv: [Array<T>; 3],
    attended: Attended<T>,
    causal: bool,
    padding: Option<Array<bool>>,
}

impl GroupedQueryAttention {
    /// Weights as PyTorch's Linear draws them, no biases; heads of `size / heads` features.
    ///
    /// # Panics
    /// When `size` is not a multiple of `heads`, or `heads` not of `kv_heads`.
    #[track_caller]
    pub fn new(size: usize, heads: usize, kv_heads: usize, rng: &mut Rng) -> Self {
        if heads == 0 || !size.is_multiple_of(heads) {
            let rule = format_args!("{size} features do not split into {heads} heads");
            fail("GroupedQueryAttention", rule);
        }
        let narrow = kv_heads * (size / heads);
        let linears = [size, narrow, narrow, size]
            .map(|outputs| Linear::from_parts(Linear::new(size, outputs, rng).weight.value, None));
        GroupedQueryAttention::from_parts(linears, heads, kv_heads)
    }
}

impl<T: Float> GroupedQueryAttention<T> {
    /// A layer with these linear layers for queries, keys, values and output; biases are welcome.
    ///
    /// # Panics
    /// When the shapes do not fit together, or `heads` is not a multiple of `kv_heads`.
    #[track_caller]
    pub fn from_parts([q, k, v, output]: [Linear<T>; 4], heads: usize, kv_heads: usize) -> Self {
        let shapes = [&q, &k, &v, &output].map(|linear| *linear.weight.value.shape());
        let [[width, size], [narrow, _], _, _] = shapes.map(|shape| [shape[0], shape[1]]);
        let split =
            kv_heads > 0 && heads > 0 && heads.is_multiple_of(kv_heads) && width.is_multiple_of(heads);
        let fit = split && narrow == kv_heads * (width / heads);
        if !fit || shapes[1] != [narrow, size] || shapes[2] != shapes[1] || shapes[3] != [size, width] {
            let rule = format_args!("weights {shapes:?} do not fit {heads} heads that share {kv_heads}");
            fail("GroupedQueryAttention", rule);
        }
        let (rotary, slopes, window) = (None, None, None);
        GroupedQueryAttention { q, k, v, output, heads, kv_heads, rotary, slopes, window, kept: Vec::new() }
    }

    /// With rotary positions.
    ///
    /// # Panics
    /// When they are for heads of another size.
    #[track_caller]
    pub fn with_rotary(mut self, rotary: Rotary) -> Self {
        if 2 * rotary.frequencies().len() != self.head_size() {
            let turned = 2 * rotary.frequencies().len();
            let rule =
                format_args!("rotary positions for heads of {turned}, but they have {}", self.head_size());
            fail("GroupedQueryAttention", rule);
        }
        self.rotary = Some(rotary);
        self
    }

    /// With ALiBi instead of positions.
    pub fn with_alibi(mut self) -> Self {
        self.slopes = Some(alibi_slopes(self.heads));
        self
    }

    /// With a sliding window: keys at a distance of less than `window` are seen.
    pub fn with_window(mut self, window: usize) -> Self {
        self.window = Some(window);
        self
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> GroupedQueryAttention<f64> {
        let linears = [&self.q, &self.k, &self.v, &self.output].map(Linear::to_f64);
        GroupedQueryAttention {
            rotary: self.rotary.clone(),
            slopes: self.slopes.as_ref().map(Array::to_f64),
            window: self.window,
            ..GroupedQueryAttention::from_parts(linears, self.heads, self.kv_heads)
        }
    }

    /// How many heads of queries there are.
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// How many heads of keys and values there are.
    pub fn kv_heads(&self) -> usize {
        self.kv_heads
    }

    /// The features of a head.
    pub fn head_size(&self) -> usize {
        self.q.weight.value.dim(0) / self.heads
    }

    /// An empty cache for `batch` sequences of up to `capacity` tokens.
    pub fn cache(&self, batch: usize, capacity: usize) -> KvCache<T> {
        KvCache::new([batch, self.kv_heads, capacity, self.head_size()])
    }

    fn options<'a>(&'a self, mask: Mask<'a>, offset: usize) -> AttentionOptions<'a, T> {
        let (window, slopes) = (self.window, self.slopes.as_ref());
        AttentionOptions { mask, offset, window, slopes, ..Default::default() }
    }

    /// Linear layers' outputs as heads, queries and keys turned to their positions from `offset` on.
    fn placed(&self, [q, k, v]: [Array<T>; 3], offset: usize) -> [Array<T>; 3] {
        let (q, k) = (split_heads(q, self.heads), split_heads(k, self.kv_heads));
        let v = split_heads(v, self.kv_heads);
        match &self.rotary {
            Some(rotary) => [rotary.apply(q, offset), rotary.apply(k, offset), v],
            None => [q, k, v],
        }
    }

    fn project(&self, x: Array<T>, offset: usize) -> [Array<T>; 3] {
        let q = within("q", || self.q.infer(x.clone()));
        let k = within("k", || self.k.infer(x.clone()));
        let v = within("v", || self.v.infer(x));
        self.placed([q, k, v], offset)
    }

    // ANCHOR: forward
    /// `[batch, time, size]` to the same shape; keeps what [`backward`](GroupedQueryAttention::backward) needs.
    ///
    /// # Panics
    /// When the input or the mask has another shape.
    #[track_caller]
    pub fn forward(&mut self, x: Array<T>, mask: &Mask<'_>) -> Array<T> {
        let q = within("q", || self.q.forward(x.clone()));
        let k = within("k", || self.k.forward(x.clone()));
        let v = within("v", || self.v.forward(x));
        let qkv = self.placed([q, k, v], 0);
        let attended = flash_attention(&qkv[0], &qkv[1], &qkv[2], &self.options(*mask, 0));
        let y = merge_heads(attended.output.clone());
        self.kept.push(Kept { qkv, attended, causal: mask.causal, padding: mask.padding.cloned() });
        within("output", || self.output.forward(y))
    }

    /// The gradient of the input, for that of the output; adds to the gradients of the parameters.
    ///
    /// # Panics
    /// Without a matching forward call, or when the gradient does not have the shape of the output.
    #[track_caller]
    pub fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(Kept { qkv: [q, k, v], attended, causal, padding }) = self.kept.pop() else {
            fail("GroupedQueryAttention::backward", format_args!("no forward call to go back through"))
        };
        let grad = split_heads(within("output", || self.output.backward(grad)), self.heads);
        let options = self.options(Mask { causal, padding: padding.as_ref() }, 0);
        let [dq, dk, dv] = flash_attention_backward(&grad, &q, &k, &v, &attended, &options);
        let [dq, dk] = match &self.rotary {
            Some(rotary) => [dq, dk].map(|x| rotary.apply_backward(x, 0)),
            None => [dq, dk],
        };
        let dx = within("v", || self.v.backward(merge_heads(dv)));
        let dx = dx + &within("k", || self.k.backward(merge_heads(dk)));
        dx + &within("q", || self.q.backward(merge_heads(dq)))
    }
    // ANCHOR_END: forward

    /// The output, for use rather than training: nothing is kept.
    ///
    /// # Panics
    /// When the input or the mask has another shape.
    #[track_caller]
    pub fn infer(&self, x: Array<T>, mask: &Mask<'_>) -> Array<T> {
        let [q, k, v] = self.project(x, 0);
        let attended = flash_attention(&q, &k, &v, &self.options(*mask, 0));
        within("output", || self.output.infer(merge_heads(attended.output)))
    }

    /// The output of new tokens, `[batch, new, size]`, behind those of the cache, which they are added to: with a causal
    /// mask the same as [`infer`](GroupedQueryAttention::infer) of all tokens gives for the last ones.
    ///
    /// # Panics
    /// When the shape is another, or the cache has no room.
    #[track_caller]
    pub fn infer_cached(&self, x_new: Array<T>, cache: &mut KvCache<T>) -> Array<T> {
        let offset = cache.len();
        let [q, k, v] = self.project(x_new, offset);
        cache.extend(&k, &v);
        let options = self.options(Mask::CAUSAL, offset);
        let attended = flash_attention(&q, &cache.keys(), &cache.values(), &options);
        within("output", || self.output.infer(merge_heads(attended.output)))
    }
}

impl<T: Float> Module<T> for GroupedQueryAttention<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.child("q", &mut self.q);
        visitor.child("k", &mut self.k);
        visitor.child("v", &mut self.v);
        visitor.child("output", &mut self.output);
    }
}
