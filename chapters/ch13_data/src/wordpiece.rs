//! BERT's tokenizer (Devlin et al. 2019): words, and parts of words from a list.
//!
//! `vocab.txt` has one token per line; its number is the number of the line, from 0. A text is cut by
//! [`basic_words`](crate::basic_words) and every word by [`longest_parts`](crate::longest_parts). Left out: learning such a
//! vocabulary, and reading special tokens that are written in a text (`[MASK]`) as such.

use std::collections::HashMap;
use std::path::Path;

use crate::error::read_text;
use crate::{DataError, basic_words, longest_parts};

const KIND: &str = "vocabulary of word pieces";
/// A word of more characters is unknown as a whole.
const LONGEST: usize = 100;

/// A vocabulary of word pieces.
#[derive(Clone, Debug, PartialEq)]
pub struct WordPiece {
    tokens: Vec<String>,
    numbers: HashMap<String, u32>,
    lowercase: bool,
    /// `[UNK]`, `[CLS]` and `[SEP]`.
    special: [u32; 3],
}

impl WordPiece {
    /// Reads `vocab.txt`. `lowercase` belongs to the vocabulary: BERT's are called "uncased" or "cased".
    ///
    /// # Errors
    /// When the file cannot be read, has a token twice, or lacks `[UNK]`, `[CLS]` or `[SEP]`.
    pub fn read(path: impl AsRef<Path>, lowercase: bool) -> Result<Self, DataError> {
        let path = path.as_ref();
        let wrong = |problem: String| DataError::Format { path: path.into(), kind: KIND, problem };
        let tokens: Vec<String> = read_text(path, KIND)?.lines().map(str::to_owned).collect();
        let mut numbers = HashMap::with_capacity(tokens.len());
        for (line, token) in tokens.iter().enumerate() {
            if let Some(before) = numbers.insert(token.clone(), line as u32) {
                return Err(wrong(format!("lines {} and {} both have {token:?}", before + 1, line + 1)));
            }
        }
        let find =
            |name: &str| numbers.get(name).copied().ok_or_else(|| wrong(format!("there is no {name}")));
        let special = [find("[UNK]")?, find("[CLS]")?, find("[SEP]")?];
        Ok(WordPiece { tokens, numbers, lowercase, special })
    }

    /// How many tokens there are.
    pub fn size(&self) -> usize {
        self.tokens.len()
    }

    /// The number of a token, if it is in the vocabulary.
    pub fn number(&self, token: &str) -> Option<u32> {
        self.numbers.get(token).copied()
    }

    /// The token with a number.
    ///
    /// # Panics
    /// When there is no such number.
    #[track_caller]
    pub fn token(&self, number: u32) -> &str {
        match self.tokens.get(number as usize) {
            Some(token) => token,
            None => ch01_tensors::fail("WordPiece", format_args!("no token {number} among {}", self.size())),
        }
    }

    /// The parts of the words of a text.
    pub fn parts(&self, text: &str) -> Vec<u32> {
        let [unknown, ..] = self.special;
        let parts = |word: &String| match word.chars().count() {
            0..=LONGEST => longest_parts(word, |part| self.number(part), unknown),
            _ => vec![unknown],
        };
        basic_words(text, self.lowercase).iter().flat_map(parts).collect()
    }

    /// What BERT reads of a text: `[CLS]`, the parts, `[SEP]`.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let [_, cls, sep] = self.special;
        [&[cls][..], &self.parts(text), &[sep]].concat()
    }

    /// What BERT reads of two texts, `[CLS] first [SEP] second [SEP]`, and for each token which of the two it belongs to.
    pub fn encode_pair(&self, first: &str, second: &str) -> (Vec<u32>, Vec<u32>) {
        let [_, _, sep] = self.special;
        let (mut ids, second) = (self.encode(first), self.parts(second));
        let mut types = vec![0; ids.len()];
        types.resize(ids.len() + second.len() + 1, 1);
        ids.extend(second);
        ids.push(sep);
        (ids, types)
    }
}
