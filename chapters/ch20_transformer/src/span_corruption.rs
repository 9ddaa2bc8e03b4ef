//! Span corruption (T5, Raffel et al. 2020): pieces of a text are cut out, and have to be written down.
//!
//! ```text
//! text    the quick brown fox jumps over the lazy dog
//! input   the <A> fox jumps over <B> dog
//! target  <A> quick brown <B> the lazy <C>
//! ```
//!
//! Each hole is one *sentinel* in the input; the target has for each sentinel what stood there, and one sentinel more at its end.
//! For the encoder-decoder this is shorter than copying the whole text, and both parts are short: 15 % of the tokens in holes
//! of 3 on average make an input of 0.9 times the length, and a target of 0.2 times.

use ch01_tensors::{Rng, fail};

/// How texts are corrupted.
#[derive(Clone, Debug, PartialEq)]
pub struct Corruption {
    /// The share of the tokens that are cut out. T5: 0.15.
    pub rate: f64,
    /// The mean length of a hole. T5: 3.
    pub mean_span: f64,
    /// The number of the first sentinel; the others follow (T5's go downwards from the end of the vocabulary).
    pub sentinel: u32,
    /// How many sentinels there are: one more than the most holes.
    pub sentinels: u32,
}

// ANCHOR: lengths
/// `count` random lengths of at least 1 that sum to `total`: all ways to cut are equally likely.
///
/// # Panics
/// When there are more parts than the total allows, or none.
#[track_caller]
pub fn random_lengths(total: usize, count: usize, rng: &mut Rng) -> Vec<usize> {
    if count == 0 || count > total {
        fail("random_lengths", format_args!("{total} in {count} parts of at least 1"));
    }
    // exercise: lengths - Put `count - 1` ones and `total - count` zeros into a list, in a random order (`rng.shuffle(&mut
    // list)`). It says for each of the gaps between `total` things in a row whether they are cut apart there.
    let mut cuts: Vec<bool> = (0..total - 1).map(|gap| gap < count - 1).collect();
    rng.shuffle(&mut cuts);
    let mut lengths = vec![1];
    for cut in cuts {
        if cut {
            lengths.push(0);
        }
        *lengths.last_mut().expect("there is one") += 1;
    }
    lengths
    // exercise: end
}
// ANCHOR_END: lengths

// ANCHOR: corrupt
impl Corruption {
    /// Lengths of what is kept and what is cut out, in turn, for a text of `tokens` tokens; the text begins with something that
    /// is kept. A text of fewer than two tokens is kept.
    ///
    /// # Panics
    /// When there are more holes than sentinels, less one.
    #[track_caller]
    pub fn draw(&self, tokens: usize, rng: &mut Rng) -> Vec<(usize, usize)> {
        if tokens < 2 {
            return vec![(tokens, 0)];
        }
        let cut = ((tokens as f64 * self.rate).round() as usize).clamp(1, tokens - 1);
        // Between holes something is kept.
        let holes = ((cut as f64 / self.mean_span).round() as usize).clamp(1, cut.min(tokens - cut));
        if holes + 1 > self.sentinels as usize {
            fail("Corruption", format_args!("{holes} holes, but {} sentinels", self.sentinels));
        }
        let kept = random_lengths(tokens - cut, holes, rng);
        kept.into_iter().zip(random_lengths(cut, holes, rng)).collect()
    }

    /// Input and target for a text that is cut into these parts.
    ///
    /// # Panics
    /// When the lengths do not sum to that of the text.
    #[track_caller]
    pub fn corrupt(&self, text: &[u32], parts: &[(usize, usize)]) -> (Vec<u32>, Vec<u32>) {
        let total: usize = parts.iter().map(|(kept, cut)| kept + cut).sum();
        if total != text.len() {
            fail("Corruption", format_args!("parts of {total} tokens for a text of {}", text.len()));
        }
        let (mut input, mut target) = (Vec::new(), Vec::new());
        let (mut rest, mut sentinel) = (text, self.sentinel);
        // exercise: corrupt - For each part: the kept tokens go to the input; if any are cut, the sentinel goes to both, the cut
        // tokens to the target, and the next sentinel is one higher. At the end the target gets one sentinel more.
        // `rest.split_at(n)` takes the first n tokens of what is left.
        for &(kept, cut) in parts {
            let (keep, behind) = rest.split_at(kept);
            input.extend_from_slice(keep);
            let (hole, behind) = behind.split_at(cut);
            rest = behind;
            if cut > 0 {
                input.push(sentinel);
                target.push(sentinel);
                target.extend_from_slice(hole);
                sentinel += 1;
            }
        }
        target.push(sentinel);
        // exercise: end
        (input, target)
    }
    // ANCHOR_END: corrupt

    // ANCHOR: restore
    /// The text that an input and a target are made of: the inverse of [`corrupt`](Corruption::corrupt). A hole that the target
    /// does not fill stays empty.
    pub fn restore(&self, input: &[u32], target: &[u32]) -> Vec<u32> {
        let is_sentinel = |id: u32| id >= self.sentinel && id - self.sentinel < self.sentinels;
        let mut text = Vec::new();
        for &id in input {
            if !is_sentinel(id) {
                text.push(id);
                continue;
            }
            let hole = target.iter().skip_while(|&&other| other != id).skip(1);
            text.extend(hole.take_while(|&&other| !is_sentinel(other)));
        }
        text
    }
    // ANCHOR_END: restore
}
