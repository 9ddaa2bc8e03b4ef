//! A vocabulary of whole words: the most frequent ones have numbers, all others share one.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::Path;

use serde_json::json;

use crate::error::{read_json, write_json};
use crate::{CLS, DataError, UNKNOWN, tokenize_words};

const KIND: &str = "word vocabulary";
const FORMAT: &str = "gradus-word-vocabulary";
const SPECIAL: [&str; 3] = ["<pad>", "<unk>", "<cls>"];

/// Words and their numbers. 0 is `<pad>`, 1 is `<unk>`; 2 is `<cls>` if the vocabulary has it.
#[derive(Clone, Debug, PartialEq)]
pub struct WordVocabulary {
    words: Vec<String>,
    numbers: HashMap<String, u32>,
    special: usize,
}

impl WordVocabulary {
    // ANCHOR: build
    /// The words of these texts that occur at least `min_count` times, the most frequent first, words of equal count in
    /// alphabetical order; at most `max_size` numbers, those of the special tokens included. Build it from texts to train
    /// on only. With `cls`, every encoded text begins with `<cls>`.
    pub fn build<S: AsRef<str>>(texts: &[S], max_size: usize, min_count: usize, cls: bool) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for word in texts.iter().flat_map(|text| tokenize_words(text.as_ref())) {
            *counts.entry(word).or_default() += 1;
        }
        let special = if cls { 3 } else { 2 };
        let mut found: Vec<(&str, usize)> = counts.into_iter().filter(|&(_, n)| n >= min_count).collect();
        found.sort_unstable_by_key(|&(word, count)| (Reverse(count), word));
        found.truncate(max_size.saturating_sub(special));
        Self::from_words(found.into_iter().map(|(word, _)| word.to_owned()).collect(), special)
            .expect("every word was counted under one key")
    }
    // ANCHOR_END: build

    /// Fails with the word that comes twice.
    fn from_words(words: Vec<String>, special: usize) -> Result<Self, String> {
        let mut numbers = HashMap::with_capacity(words.len());
        for (i, word) in words.iter().enumerate() {
            if numbers.insert(word.clone(), (special + i) as u32).is_some() {
                return Err(word.clone());
            }
        }
        Ok(WordVocabulary { words, numbers, special })
    }

    /// How many numbers there are, those of the special tokens included.
    pub fn size(&self) -> usize {
        self.special + self.words.len()
    }

    /// The number of a word, if it has one.
    pub fn number(&self, word: &str) -> Option<u32> {
        self.numbers.get(word).copied()
    }

    /// The word with a number, special tokens by their names.
    ///
    /// # Panics
    /// When there is no such number.
    #[track_caller]
    pub fn word(&self, number: u32) -> &str {
        match number as usize {
            n if n < self.special => SPECIAL[n],
            n if n < self.size() => &self.words[n - self.special],
            n => ch01_tensors::fail("WordVocabulary", format_args!("no word {n} among {}", self.size())),
        }
    }

    /// The numbers of the words of a text.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let cls = (self.special == 3).then_some(CLS);
        let words = tokenize_words(text).map(|word| self.number(word).unwrap_or(UNKNOWN));
        cls.into_iter().chain(words).collect()
    }

    /// Writes the vocabulary as JSON, whole or not at all.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), DataError> {
        let value = json!({ "format": FORMAT, "version": 1, "cls": self.special == 3, "words": self.words });
        write_json(path.as_ref(), &value)
    }

    /// Reads what [`save`](WordVocabulary::save) wrote.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or is something else.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let path = path.as_ref();
        let value = read_json(path, KIND, FORMAT, 1)?;
        let wrong = |problem: String| DataError::Format { path: path.into(), kind: KIND, problem };
        let cls = value["cls"].as_bool().ok_or_else(|| wrong("`cls` is not true or false".into()))?;
        let list = value["words"].as_array().ok_or_else(|| wrong("`words` is not a list".into()))?;
        let word = |(i, word): (usize, &serde_json::Value)| {
            word.as_str().map(str::to_owned).ok_or_else(|| wrong(format!("word {i} is {word}, not a text")))
        };
        let words = list.iter().enumerate().map(word).collect::<Result<Vec<_>, _>>()?;
        Self::from_words(words, if cls { 3 } else { 2 })
            .map_err(|word| wrong(format!("the word {word:?} comes twice")))
    }
}
