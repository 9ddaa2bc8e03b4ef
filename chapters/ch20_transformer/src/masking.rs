//! Which tokens a masked language model has to guess (Devlin et al. 2018; `DataCollatorForLanguageModeling`).
//!
//! Each word is chosen with probability `rate`, 15 %. Of the chosen ones 80 % are replaced by [MASK], 10 % by a random word, and
//! 10 % stay as they are. If all were replaced by [MASK], the network would learn that only [MASK] has to be thought about;
//! but in use there is none. So it must form a good vector at every place: any word may be wrong, or asked for.

use std::ops::Range;

use ch01_tensors::Rng;

/// The label of a token that is not asked for: the cross-entropy of chapter 4 ignores it.
pub const IGNORED: i64 = -100;

/// How texts are masked.
#[derive(Clone, Debug, PartialEq)]
pub struct Masking {
    /// The probability that a word is chosen. BERT: 0.15.
    pub rate: f64,
    /// The number of `[MASK]`.
    pub mask: u32,
    /// The tokens that are words: others (padding, `[CLS]`, `[SEP]`, unknown) are never chosen, nor put in.
    pub words: Range<u32>,
}

// ANCHOR: masking
impl Masking {
    /// A text with some words replaced, and for each token what stood there if it was chosen, [`IGNORED`] if not.
    pub fn draw(&self, ids: &[u32], rng: &mut Rng) -> (Vec<u32>, Vec<i64>) {
        let mut ids = ids.to_vec();
        let mut labels = vec![IGNORED; ids.len()];
        for (id, label) in ids.iter_mut().zip(&mut labels) {
            // exercise: draw - Leave tokens that are no words (`self.words.contains(id)`) as they are. Choose each of the
            // others with probability `self.rate` (`rng.uniform()` is from 0 to below 1): its label becomes its number,
            // and it becomes, with 80 %, 10 % and 10 %: `self.mask`; `self.words.start` plus a random number below how many
            // words there are (`rng.below(n)`); itself.
            if !self.words.contains(id) || rng.uniform() >= self.rate {
                continue;
            }
            *label = i64::from(*id);
            let what = rng.uniform();
            if what < 0.8 {
                *id = self.mask;
            } else if what < 0.9 {
                *id = self.words.start + rng.below(self.words.len()) as u32;
            }
            // exercise: end
        }
        (ids, labels)
    }
}
// ANCHOR_END: masking
