//! What a model must do so that texts can be written with it, token by token.
//!
//! A causal model computes keys and values of a token once and for all: nothing that comes later changes them. Who keeps
//! them needs to compute, for each new token, only that token: for a text of `n` tokens `n` steps of one token each instead of
//! `1 + 2 + … + n`. What is kept is the model's own business; here it is a type of its choice.

use ch01_tensors::{Array, Tensor, fail};

// ANCHOR: trait
/// A model that says which token follows, and remembers what it has read.
pub trait NextToken {
    /// What is remembered of the texts read so far.
    type Cache;

    /// How many different tokens there are.
    fn vocabulary(&self) -> usize;

    /// How many tokens of a text it can remember.
    fn max_tokens(&self) -> usize;

    /// A memory of so many empty texts.
    fn start(&self, batch: usize) -> Self::Cache;

    /// Reads the next tokens of each text, `[batch, new]`; returns the scores of the token that follows the last of them,
    /// `[batch, vocabulary]`.
    ///
    /// # Panics
    /// When there are more tokens than it can remember, or one is not in the vocabulary.
    fn read(&self, cache: &mut Self::Cache, ids: &Array<i64>) -> Tensor;

    /// Goes on with the texts of these numbers; the same text may come several times, or not at all.
    fn select(&self, cache: &mut Self::Cache, rows: &[usize]);
}
// ANCHOR_END: trait

/// A model without memory, which reads the whole text again for each token: the plain way, to compare with, and the only
/// way for a model whose tokens see what comes after them.
pub struct Uncached<F> {
    infer: F,
    vocabulary: usize,
    max_tokens: usize,
}

impl<F: Fn(&Array<i64>) -> Tensor> Uncached<F> {
    /// A model that gives token numbers `[batch, time]` the logits `[batch * time, vocabulary]`, for texts of up to
    /// `max_tokens`.
    pub fn new(infer: F, vocabulary: usize, max_tokens: usize) -> Self {
        Uncached { infer, vocabulary, max_tokens }
    }
}

impl<F: Fn(&Array<i64>) -> Tensor> NextToken for Uncached<F> {
    /// The texts themselves, `[batch, time]`.
    type Cache = Array<i64>;

    fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    fn start(&self, batch: usize) -> Array<i64> {
        Array::zeros([batch, 0])
    }

    fn read(&self, cache: &mut Array<i64>, ids: &Array<i64>) -> Tensor {
        *cache = Array::concat(&[&*cache, ids], 1);
        let (batch, time) = (cache.dim(0), cache.dim(1));
        if time == 0 || time > self.max_tokens {
            fail("Uncached", format_args!("{time} tokens for a model of 1 to {}", self.max_tokens));
        }
        let logits = (self.infer)(cache).reshape([batch, time, self.vocabulary]);
        logits.slice((.., time - 1)).contiguous()
    }

    fn select(&self, cache: &mut Array<i64>, rows: &[usize]) {
        let rows = Array::from_fn([rows.len()], |i| rows[i[0]] as i64);
        *cache = cache.index_select(0, &rows);
    }
}
