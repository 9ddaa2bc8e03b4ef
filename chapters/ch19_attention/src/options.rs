//! What may change attention besides its inputs: masks, a bias on the scores, a window, the place of the queries.
//!
//! Everything here acts on the scores `S = scale Q Kᵀ`, before softmax:
//!
//! - the [`Mask`] hides keys: causal and padding;
//! - `offset`: query `i` stands at position `offset + i` among the keys. With a cache of earlier keys the new queries stand
//!   behind them; a causal mask, a window and ALiBi count from there. (0 is PyTorch's `is_causal`, which puts query 0 at
//!   key 0 even if there are fewer queries than keys.)
//! - `blocks`: only the blocks of a [`BlockPattern`] are seen (and computed);
//! - `window`: a query at position `p` sees only the keys `j` with `|p - j| < window` (Mistral; Longformer, whose number counts
//!   both sides);
//! - `bias`: a number added to each score, `[batch or 1, heads or 1, queries, keys]`: PyTorch's `attn_mask` of floats;
//!   -inf hides a key;
//! - `slopes`: ALiBi, the bias `-slope |p - j|` for each head;
//! - `scale`: instead of `1 / √d`.
//!
//! Keys and values may have fewer heads than the queries (PyTorch's `enable_gqa`): heads `0..g` share the first ones,
//! heads `g..2g` the second, where `g = heads / kv_heads`.

use std::ops::Range;

use ch01_tensors::{Array, Float, fail};
use ch19_attention::{BlockPattern, Mask};

// ANCHOR: options
/// How [`attention`](crate::attention) and [`flash_attention`](crate::flash_attention) attend. The default is plain
/// attention to everything.
#[derive(Clone, Copy)]
pub struct AttentionOptions<'a, T: Float = f32> {
    /// Which keys are hidden.
    pub mask: Mask<'a>,
    /// The position of the first query among the keys.
    pub offset: usize,
    /// How far a query sees: keys at a distance less than this.
    pub window: Option<usize>,
    /// Which blocks of queries see which blocks of keys.
    pub blocks: Option<&'a BlockPattern>,
    /// Added to the scores: `[batch or 1, heads or 1, queries, keys]`.
    pub bias: Option<&'a Array<T>>,
    /// ALiBi's slopes, `[heads]`: the distance times the slope is taken off the score.
    pub slopes: Option<&'a Array<T>>,
    /// What the products are multiplied by; `1 / √d` if `None`.
    pub scale: Option<f64>,
}
// ANCHOR_END: options

impl<T: Float> Default for AttentionOptions<'_, T> {
    fn default() -> Self {
        AttentionOptions {
            mask: Mask::NONE,
            offset: 0,
            window: None,
            blocks: None,
            bias: None,
            slopes: None,
            scale: None,
        }
    }
}

impl<'a, T: Float> From<Mask<'a>> for AttentionOptions<'a, T> {
    fn from(mask: Mask<'a>) -> Self {
        AttentionOptions { mask, ..Default::default() }
    }
}

impl<T: Float> AttentionOptions<'_, T> {
    /// The keys that query `query` may look at by causality and window, of `keys`.
    pub fn range(&self, query: usize, keys: usize) -> Range<usize> {
        let place = self.offset + query;
        let window = self.window.unwrap_or(usize::MAX);
        let end = if self.mask.causal { place.saturating_add(1) } else { place.saturating_add(window) };
        let end = end.min(keys);
        (place.saturating_add(1).saturating_sub(window)).min(end)..end
    }

    /// Whether, in example `batch`, query `query` may look at key `key` of `keys`.
    pub fn allows(&self, batch: usize, query: usize, key: usize, keys: usize) -> bool {
        let real = self.mask.padding.is_none_or(|real| real[[batch, key]]);
        let seen = self.blocks.is_none_or(|blocks| blocks.sees(query, key));
        real && seen && self.range(query, keys).contains(&key)
    }

    /// What the products of queries and keys of `size` numbers are multiplied by.
    pub fn scale(&self, size: usize) -> T {
        T::from_f64(self.scale.unwrap_or_else(|| 1.0 / (size as f64).sqrt()))
    }
}

/// The sizes of an attention.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub batch: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub queries: usize,
    pub keys: usize,
    /// Of queries and keys.
    pub size: usize,
    /// Of values.
    pub value_size: usize,
}

impl Sizes {
    /// The sizes, if everything fits.
    #[track_caller]
    pub fn new<T: Float>(
        operation: &str,
        [q, k, v]: [&Array<T>; 3],
        options: &AttentionOptions<'_, T>,
    ) -> Self {
        let fit = q.ndim() == 4 && k.ndim() == 4 && v.ndim() == 4;
        let fit = fit && q.dim(0) == k.dim(0) && q.dim(3) == k.dim(3) && k.shape()[..3] == v.shape()[..3];
        if !fit || k.dim(1) == 0 || !q.dim(1).is_multiple_of(k.dim(1)) {
            let [q, k, v] = [q, k, v].map(Array::shape);
            fail(operation, format_args!("queries {q:?}, keys {k:?} and values {v:?} do not fit"));
        }
        let sizes = Sizes {
            batch: q.dim(0),
            heads: q.dim(1),
            kv_heads: k.dim(1),
            queries: q.dim(2),
            keys: k.dim(2),
            size: q.dim(3),
            value_size: v.dim(3),
        };
        options.mask.check(operation, sizes.batch, sizes.keys);
        if let Some(bias) = options.bias {
            let [b, h, queries, keys] = sizes.scores();
            let fits = bias.ndim() == 4 && bias.shape()[2..] == [queries, keys];
            if !fits || ![1, b].contains(&bias.dim(0)) || ![1, h].contains(&bias.dim(1)) {
                let rule = format_args!("a bias of shape {:?} for scores of [{b}, {h}, ", bias.shape());
                fail(operation, format_args!("{rule}{queries}, {keys}]"));
            }
        }
        if let Some(blocks) = options.blocks
            && blocks.queries() < sizes.queries
        {
            let rule =
                format_args!("a pattern for {} queries, but there are {}", blocks.queries(), sizes.queries);
            fail(operation, rule);
        }
        if let Some(slopes) = options.slopes
            && *slopes.shape() != [sizes.heads]
        {
            fail(operation, format_args!("slopes {:?} for {} heads", slopes.shape(), sizes.heads));
        }
        sizes
    }

    /// The shape of the scores.
    pub fn scores(&self) -> [usize; 4] {
        [self.batch, self.heads, self.queries, self.keys]
    }

    /// Refuses a gradient of another shape than the output.
    #[track_caller]
    pub fn check_gradient<T: Float>(&self, operation: &str, grad: &Array<T>) {
        let output = [self.batch, self.heads, self.queries, self.value_size];
        if *grad.shape() != output {
            let rule = format_args!("a gradient of shape {:?} for an output of {output:?}", grad.shape());
            fail(operation, rule);
        }
    }
}

/// ALiBi's bias for all scores, `[1, heads, queries, keys]`.
pub(crate) fn distances<T: Float>(slopes: &Array<T>, offset: usize, queries: usize, keys: usize) -> Array<T> {
    Array::from_fn([1, slopes.dim(0), queries, keys], |at| {
        let distance = (offset + at[2]).abs_diff(at[3]);
        -slopes[[at[1]]] * T::from_i64(distance as i64)
    })
}
