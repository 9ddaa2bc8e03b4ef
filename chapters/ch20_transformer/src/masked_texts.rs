//! Texts without labels as a data set for a masked language model: the labels are words of the texts themselves.

use std::sync::Arc;

use ch01_tensors::{Array, Rng, fail};
use ch13_data::{Batch, Dataset, Tokens, pad};

use crate::{IGNORED, Masking};

/// Texts with some words replaced, and the places of those that have to be guessed.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskedTokens {
    /// The texts as they are shown, `[batch, time]`.
    pub tokens: Tokens,
    /// Where words have to be guessed, `[places]`: token `t` of text `b` is place `b * time + t`.
    pub places: Array<i64>,
}

/// Encoded texts. Which words are masked is drawn anew each time a text is asked for (as in RoBERTa, Liu et al. 2019);
/// of a text that is too long, so is the part that is read. Cloning shares the tokens.
#[derive(Clone)]
pub struct MaskedTexts {
    texts: Arc<[Vec<u32>]>,
    max_tokens: usize,
    masking: Masking,
}

impl MaskedTexts {
    /// Texts as token numbers; at most `max_tokens` in a row are read of each. Texts without any word are left out.
    ///
    /// # Panics
    /// When `max_tokens` is 0, or the rate of the masking is no probability.
    #[track_caller]
    pub fn new(mut texts: Vec<Vec<u32>>, max_tokens: usize, masking: Masking) -> Self {
        if max_tokens == 0 || !(0.0..=1.0).contains(&masking.rate) {
            let rule =
                format_args!("{max_tokens} tokens at most, rate {}: need 1 and a probability", masking.rate);
            fail("MaskedTexts", rule);
        }
        texts.retain(|text| text.iter().any(|id| masking.words.contains(id)));
        MaskedTexts { texts: texts.into(), max_tokens, masking }
    }

    /// The part of a text that is read, as it is shown, and its labels.
    fn row(&self, index: usize, rng: &mut Rng) -> (Vec<u32>, Vec<i64>) {
        let text = &self.texts[index];
        let spare = text.len().saturating_sub(self.max_tokens);
        let start = rng.below(spare + 1);
        let part = &text[start..start + text.len().min(self.max_tokens)];
        self.masking.draw(part, rng)
    }
}

// ANCHOR: batch
impl Dataset for MaskedTexts {
    type Input = MaskedTokens;

    fn len(&self) -> usize {
        self.texts.len()
    }

    /// Labels are `[places]`: what stood at each of the places.
    fn batch(&self, indices: &[usize], rng: &mut Rng) -> Batch<MaskedTokens> {
        let drawn: Vec<(Vec<u32>, Vec<i64>)> = indices.iter().map(|&index| self.row(index, rng)).collect();
        let rows: Vec<&[u32]> = drawn.iter().map(|(ids, _)| ids.as_slice()).collect();
        let tokens = pad(&rows);
        let time = tokens.ids.dim(1);
        let (mut places, mut labels) = (Vec::new(), Vec::new());
        for (row, (_, text)) in drawn.iter().enumerate() {
            let chosen = text.iter().enumerate().filter(|(_, label)| **label != IGNORED);
            for (token, &label) in chosen {
                places.push((row * time + token) as i64);
                labels.push(label);
            }
        }
        if places.is_empty() {
            // A mean over no words is undefined: ask for one that is shown.
            places.push(0);
            labels.push(tokens.ids[[0, 0]]);
        }
        let places = Array::from_fn([places.len()], |at| places[at[0]]);
        Batch {
            input: MaskedTokens { tokens, places },
            labels: Array::from_fn([labels.len()], |at| labels[at[0]]),
        }
    }

    /// How many tokens are read.
    fn size_hint_of(&self, index: usize) -> usize {
        self.texts[index].len().clamp(1, self.max_tokens)
    }
}
// ANCHOR_END: batch
