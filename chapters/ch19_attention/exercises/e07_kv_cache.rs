//! The cache of keys and values for generating text token by token.
//!
//! With a causal mask, what a position computes does not depend on what comes later. So when a token is added, the keys
//! and values of all earlier ones are what they were: only the new token's query, key and value are computed. A step then
//! costs one row of scores instead of all of them, and the linear layers see one token instead of `time`.
//!
//! Shapes: `[batch, heads, capacity, head_size]`, allocated once. All sequences of a batch are equally long; the caller
//! sees to it that only real tokens are put in.

use ch01_tensors::{Array, Float, fail};

/// Keys and values of the tokens so far, of one attention layer.
#[derive(Clone)]
pub struct KvCache<T: Float = f32> {
    keys: Array<T>,
    values: Array<T>,
    len: usize,
}

impl<T: Float> KvCache<T> {
    /// Room for `capacity` tokens: `[batch, heads, capacity, head_size]`, where `heads` are those of the keys.
    pub fn new([batch, heads, capacity, head_size]: [usize; 4]) -> Self {
        let zeros = || Array::zeros([batch, heads, capacity, head_size]);
        KvCache { keys: zeros(), values: zeros(), len: 0 }
    }

    /// Adds the keys and values of new tokens, `[batch, heads, new, head_size]`.
    ///
    /// # Panics
    /// When the shapes are others, or there is no room.
    #[track_caller]
    pub fn extend(&mut self, keys: &Array<T>, values: &Array<T>) {
        let (room, at) = (*self.keys.shape(), self.len);
        let fits = |x: &Array<T>| x.ndim() == 4 && *x.shape() == room.without(2).with(2, x.dim(2));
        if !fits(keys) || keys.shape() != values.shape() {
            let (keys, values) = (keys.shape(), values.shape());
            let rule = format_args!("keys {keys:?} and values {values:?} for a cache of {room:?}");
            fail("KvCache::extend", rule);
        }
        let end = at + keys.dim(2);
        if end > room[2] {
            fail("KvCache::extend", format_args!("{end} tokens do not fit in a cache of {room:?}"));
        }
        // Yours: Write the keys into `self.keys` and the values into `self.values`, at the places `at..end` of
        // the third axis: `array.assign_slice((.., .., at..end), &part)`. Then there are `end` tokens.
        todo!()
    }

    /// The keys so far, `[batch, heads, len, head_size]`: a view.
    pub fn keys(&self) -> Array<T> {
        // Yours: The places that are filled: `array.narrow(axis, start, length)`.
        todo!()
    }

    /// The values so far, `[batch, heads, len, head_size]`: a view.
    pub fn values(&self) -> Array<T> {
        self.values.narrow(2, 0, self.len)
    }

    /// How many tokens it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many tokens it has room for.
    pub fn capacity(&self) -> usize {
        self.keys.dim(2)
    }

    /// Forgets all tokens behind the first `len`, to go on from there another way.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Replaces the sequences of the batch by those with these numbers, as beam search does; their count may change.
    ///
    /// # Panics
    /// When there is no such sequence.
    #[track_caller]
    pub fn select(&mut self, sequences: &Array<i64>) {
        self.keys = self.keys.index_select(0, sequences);
        self.values = self.values.index_select(0, sequences);
    }
}
