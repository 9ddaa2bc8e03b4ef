//! Texts as numbers of words, with the counts that the training of word vectors is made of.

use ch01_tensors::fail;

use crate::AliasTable;

/// Texts one behind the other, each a row of word numbers.
pub struct Corpus {
    words: Vec<u32>,
    ends: Vec<usize>,
    counts: Vec<u64>,
}

impl Corpus {
    /// The texts, of words from a vocabulary of `count`.
    ///
    /// # Panics
    /// When a word is not in the vocabulary.
    #[track_caller]
    pub fn new(count: usize, texts: impl IntoIterator<Item = Vec<u32>>) -> Self {
        let mut corpus = Corpus { words: Vec::new(), ends: Vec::new(), counts: vec![0; count] };
        for text in texts {
            for &word in &text {
                match corpus.counts.get_mut(word as usize) {
                    Some(times) => *times += 1,
                    None => fail("Corpus", format_args!("word {word} is outside a vocabulary of {count}")),
                }
            }
            corpus.words.extend(text);
            corpus.ends.push(corpus.words.len());
        }
        corpus
    }

    /// How often each word occurs.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many words all texts have together.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is no word at all.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How many texts there are.
    pub fn texts(&self) -> usize {
        self.ends.len()
    }

    /// The words of one text.
    ///
    /// # Panics
    /// When there is no such text.
    pub fn text(&self, number: usize) -> &[u32] {
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.words[start..self.ends[number]]
    }

    // ANCHOR: keep
    /// The probability with which an occurrence of each word is kept, `min(1, √(threshold / share))`: words with a larger
    /// share of all words than `threshold` are thinned out.
    pub fn keep_probabilities(&self, threshold: f64) -> Vec<f64> {
        let total = self.len() as f64;
        let keep =
            |&times: &u64| if times == 0 { 1.0 } else { (threshold * total / times as f64).sqrt().min(1.0) };
        self.counts.iter().map(keep).collect()
    }

    /// Words drawn in proportion to their counts to some power: 1 as they occur, 0 evenly, 3/4 in between.
    ///
    /// # Panics
    /// When there is no word at all.
    #[track_caller]
    pub fn noise(&self, power: f64) -> AliasTable {
        let weight = |&times: &u64| if times == 0 { 0.0 } else { (times as f64).powf(power) };
        AliasTable::new(&self.counts.iter().map(weight).collect::<Vec<f64>>())
    }
    // ANCHOR_END: keep
}
