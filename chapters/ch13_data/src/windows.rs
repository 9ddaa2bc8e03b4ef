//! Windows over a stream of tokens, for language models: each token of a window is to be followed by the next one.
//!
//! A window of `time` tokens from place `s` on has the input `x[t] = stream[s + t]` and the labels
//! `y[t] = stream[s + t + 1]`: `time` examples for the price of one pass, since a causal model sees at place `t` nothing that
//! comes later. The windows lie side by side; for training each may begin up to `time - 1` places later, drawn anew in each
//! epoch, so that no token always stands at the same place of its window.

use std::sync::Arc;

use ch01_tensors::{Array, Rng, fail};

use crate::{Batch, Dataset};

/// A stream of tokens, cut into windows. Cloning shares the tokens.
#[derive(Clone)]
pub struct TokenWindows {
    tokens: Arc<[u32]>,
    time: usize,
    shift: bool,
}

// ANCHOR: windows
impl TokenWindows {
    /// Windows of `time` tokens side by side; what is left at the end is left out.
    ///
    /// # Panics
    /// When `time` is 0, or the stream has not more than `time` tokens.
    #[track_caller]
    pub fn new(tokens: Vec<u32>, time: usize) -> Self {
        if time == 0 || tokens.len() <= time {
            fail("TokenWindows", format_args!("no window of {time} + 1 tokens in {}", tokens.len()));
        }
        TokenWindows { tokens: tokens.into(), time, shift: false }
    }

    /// The same windows, each of which begins up to `time - 1` places later each time it is asked for: for training.
    pub fn shifted(mut self) -> Self {
        self.shift = true;
        self
    }

    /// Tokens in a window.
    pub fn time(&self) -> usize {
        self.time
    }

    /// The stream.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Where a window begins.
    fn start(&self, index: usize, rng: &mut Rng) -> usize {
        let first = index * self.time;
        // The last window may move no further than the stream goes.
        let room = self.tokens.len() - self.time - first;
        if self.shift { first + rng.below(room.min(self.time)) } else { first }
    }
}

impl Dataset for TokenWindows {
    /// `[batch, time]`.
    type Input = Array<i64>;

    fn len(&self) -> usize {
        (self.tokens.len() - 1) / self.time
    }

    /// Token numbers `[batch, time]`, and for each the token that follows, `[batch * time]`.
    fn batch(&self, indices: &[usize], rng: &mut Rng) -> Batch<Array<i64>> {
        if let Some(index) = indices.iter().find(|&&index| index >= self.len()) {
            fail("TokenWindows", format_args!("there is no window {index} of {}", self.len()));
        }
        let starts: Vec<usize> = indices.iter().map(|&index| self.start(index, rng)).collect();
        let token = |row: usize, place: usize| i64::from(self.tokens[starts[row] + place]);
        let input = Array::from_fn([indices.len(), self.time], |at| token(at[0], at[1]));
        let labels =
            Array::from_fn([indices.len() * self.time], |at| token(at[0] / self.time, at[0] % self.time + 1));
        Batch { input, labels }
    }

    fn size_hint_of(&self, _: usize) -> usize {
        self.time
    }
}
// ANCHOR_END: windows
