//! Texts as a data set: token numbers in, padded rows with masks out.

use std::sync::Arc;

use ch01_tensors::{Array, Rng, fail};

use crate::{Batch, CLS, Dataset, Tokens, UNKNOWN, pad};

/// Which tokens of a text are kept that is too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// The first ones.
    #[default]
    Head,
    /// The first half and the last: a review often ends with its verdict.
    HeadAndTail,
}

/// Encoded texts with a class each. Cloning shares the tokens.
#[derive(Clone)]
pub struct TextSet {
    ids: Arc<[Vec<u32>]>,
    labels: Arc<[i64]>,
    /// Longer texts are cut.
    max_tokens: usize,
    keep: Keep,
    /// The probability that a token is left out.
    word_dropout: f64,
}

impl TextSet {
    /// Texts as token numbers; of each at most the first `max_tokens` are used. A text without any token is read as the
    /// single token [`UNKNOWN`], so that every row has something real in it.
    ///
    /// # Panics
    /// When there are not as many labels as texts, or `max_tokens` is 0.
    #[track_caller]
    pub fn new(ids: Vec<Vec<u32>>, labels: Vec<i64>, max_tokens: usize) -> Self {
        if ids.len() != labels.len() {
            fail("TextSet", format_args!("{} labels for {} texts", labels.len(), ids.len()));
        }
        if max_tokens == 0 {
            fail("TextSet", format_args!("a text needs at least one token"));
        }
        let (ids, labels) = (ids.into(), labels.into());
        TextSet { ids, labels, max_tokens, keep: Keep::Head, word_dropout: 0.0 }
    }

    /// The same texts, with another rule for those that are too long.
    pub fn keep(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self
    }

    /// The same texts, each of whose tokens but [`CLS`] is left out with probability `p` each time they are asked for: for
    /// training only (Iyyer et al. 2015). Of a text that loses everything, [`UNKNOWN`] is left.
    ///
    /// Others replace the token by [`UNKNOWN`]. But then a network learns from texts a third of which is that token, and
    /// is used on texts that hardly have it: its mean over a text shifts, and with it the border between the classes.
    ///
    /// # Panics
    /// When `p` is not in `0..=1`.
    #[track_caller]
    pub fn word_dropout(mut self, p: f64) -> Self {
        if !(0.0..=1.0).contains(&p) {
            fail("TextSet::word_dropout", format_args!("p = {p} is not a probability"));
        }
        self.word_dropout = p;
        self
    }

    /// The class of each text.
    pub fn labels(&self) -> &[i64] {
        &self.labels
    }

    /// The tokens of a text, all of them.
    ///
    /// # Panics
    /// When there is no such text.
    #[track_caller]
    pub fn ids(&self, index: usize) -> &[u32] {
        let texts = self.ids.len();
        if index >= texts {
            fail("TextSet", format_args!("there is no text {index} of {texts}"));
        }
        &self.ids[index]
    }

    /// The tokens of a text that are used, with word dropout from `rng`.
    fn row(&self, index: usize, rng: &mut Rng) -> Vec<u32> {
        let ids = self.ids(index);
        let mut row = match self.keep {
            _ if ids.is_empty() => vec![UNKNOWN],
            _ if ids.len() <= self.max_tokens => ids.to_vec(),
            Keep::Head => ids[..self.max_tokens].to_vec(),
            Keep::HeadAndTail => {
                let tail = self.max_tokens / 2;
                [&ids[..self.max_tokens - tail], &ids[ids.len() - tail..]].concat()
            }
        };
        if self.word_dropout > 0.0 {
            // One number for every token, whatever it is.
            row.retain(|&id| rng.uniform() >= self.word_dropout || id == CLS);
            if row.is_empty() {
                row.push(UNKNOWN);
            }
        }
        row
    }
}

impl Dataset for TextSet {
    /// `[batch, time]`, as wide as the longest row of the batch.
    type Input = Tokens;

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn batch(&self, indices: &[usize], rng: &mut Rng) -> Batch<Tokens> {
        let rows: Vec<Vec<u32>> = indices.iter().map(|&index| self.row(index, rng)).collect();
        let rows: Vec<&[u32]> = rows.iter().map(Vec::as_slice).collect();
        Batch { input: pad(&rows), labels: Array::from_fn([indices.len()], |i| self.labels[indices[i[0]]]) }
    }

    /// How many tokens are used.
    fn size_hint_of(&self, index: usize) -> usize {
        self.ids[index].len().clamp(1, self.max_tokens)
    }
}
