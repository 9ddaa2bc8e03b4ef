//! Byte-level byte-pair encoding: tokens for any text, from a vocabulary of any size (Sennrich, Haddow and Birch 2016;
//! on bytes as in GPT-2, Radford et al. 2019).
//!
//! Every byte is a token, so there is no text without tokens and none that cannot be put together again. Training adds
//! tokens for frequent pairs. Encoding applies the merges in the order in which they were learned, within
//! [`pieces`](crate::pieces()) of the text.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;

use rayon::prelude::*;
use serde_json::json;

use crate::bytes::BYTES;
use crate::error::{read_json, write_json};
use crate::hash::FastMap;
use crate::{CLS, DataError, bpe_train, byte_rank, pieces};

const KIND: &str = "byte-pair vocabulary";
const FORMAT: &str = "gradus-bpe";
/// Pieces up to this length are merged by looking through all their pairs each time; longer ones with a heap.
const SHORT: usize = 32;
/// Bytes that the merges of a file may make. Where each merge doubles the token before it, forty lines would fill any memory.
pub(crate) const MOST_BYTES: usize = 1 << 24;

/// A byte-level tokenizer. 0 is `<pad>`, 1 is `<unk>` (which no text contains), 2 is `<cls>` if the vocabulary has it; then
/// come the 256 bytes in the order of [`byte_rank`](crate::byte_rank), then what the merges make: a new token each, unless
/// another merge has made the same bytes.
#[derive(Clone, Debug)]
pub struct Bpe {
    merges: Vec<(u32, u32)>,
    /// When a pair was learned, and what it becomes.
    numbers: FastMap<(u32, u32), (u32, u32)>,
    /// The token of the byte with rank 0.
    first: u32,
    /// The bytes of each token, special tokens included (they have none).
    bytes: Vec<Vec<u8>>,
}

impl PartialEq for Bpe {
    /// The merges decide everything else.
    fn eq(&self, other: &Self) -> bool {
        (&self.merges, self.first) == (&other.merges, other.first)
    }
}

impl Bpe {
    /// Learns a vocabulary of at most `size` tokens, the special ones and the 256 bytes included, from these texts: those
    /// to train on only. It is smaller when no pair occurs twice any more. With `cls`, every encoded text begins with
    /// `<cls>`.
    pub fn train<S: AsRef<str> + Sync>(texts: &[S], size: usize, cls: bool) -> Self {
        let first = if cls { 3 } else { 2 };
        let merges = bpe_train::train(texts, size, first);
        Self::from_merges(merges, first, usize::MAX).expect("training merges what it has")
    }

    /// Fails with what is wrong with the merges, such as making more than `most` bytes.
    pub(crate) fn from_merges(merges: Vec<(u32, u32)>, first: u32, most: usize) -> Result<Self, String> {
        let mut bytes: Vec<Vec<u8>> = vec![Vec::new(); first as usize];
        bytes.extend(BYTES.map(|byte| vec![byte]));
        let mut numbers = FastMap::default();
        let mut tokens: FastMap<Vec<u8>, u32> = FastMap::default();
        let mut total = 0;
        for (i, &(left, right)) in merges.iter().enumerate() {
            let new = bytes.len() as u32;
            if [left, right].iter().any(|&token| token < first || token >= new) {
                return Err(format!(
                    "merge {i} joins {left} and {right}, of which only {first} to {} exist",
                    new - 1
                ));
            }
            let parts = [left, right].map(|token| bytes[token as usize].as_slice());
            total += parts[0].len() + parts[1].len();
            if total > most {
                return Err(format!("merge {i} makes a token of {} bytes", parts[0].len() + parts[1].len()));
            }
            let joined = parts.concat();
            let token = *tokens.entry(joined.clone()).or_insert(new);
            if numbers.insert((left, right), (i as u32, token)).is_some() {
                return Err(format!("merge {i} joins {left} and {right}, as another before it"));
            }
            if token == new {
                bytes.push(joined);
            }
        }
        Ok(Bpe { merges, numbers, first, bytes })
    }

    /// How many tokens there are, the special ones included.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The token of the byte with rank 0; before it are the special ones.
    pub(crate) fn first(&self) -> u32 {
        self.first
    }

    /// The pairs in the order in which they were learned.
    pub fn merges(&self) -> &[(u32, u32)] {
        &self.merges
    }

    /// The bytes of a token; a special one has none.
    ///
    /// # Panics
    /// When there is no such token.
    #[track_caller]
    pub fn bytes(&self, token: u32) -> &[u8] {
        match self.bytes.get(token as usize) {
            Some(bytes) => bytes,
            None => ch01_tensors::fail("Bpe", format_args!("no token {token} among {}", self.size())),
        }
    }

    /// The tokens of a text.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        self.encode_with(text, &mut FastMap::default())
    }

    /// The tokens of many texts, on all threads.
    pub fn encode_all<S: AsRef<str> + Sync>(&self, texts: &[S]) -> Vec<Vec<u32>> {
        // Words come again and again: each task remembers the tokens of those it has met.
        let part = |texts: &[S]| {
            let mut seen = FastMap::default();
            texts.iter().map(|text| self.encode_with(text.as_ref(), &mut seen)).collect::<Vec<_>>()
        };
        // Few tasks remember more, many share the work more evenly.
        let tasks = 4 * rayon::current_num_threads();
        texts.par_chunks(texts.len().div_ceil(tasks).max(1)).flat_map_iter(part).collect()
    }

    fn encode_with<'a>(&self, text: &'a str, seen: &mut FastMap<&'a str, Vec<u32>>) -> Vec<u32> {
        let mut tokens: Vec<u32> = (self.first > CLS).then_some(CLS).into_iter().collect();
        for piece in pieces(text) {
            match seen.get(piece) {
                Some(known) => tokens.extend_from_slice(known),
                None => {
                    let new = self.encode_piece(piece.as_bytes());
                    tokens.extend_from_slice(&new);
                    seen.insert(piece, new);
                }
            }
        }
        tokens
    }

    // ANCHOR: encode_piece
    /// Merges the pair that was learned first, again and again, until no pair of neighbours was ever learned.
    fn encode_piece(&self, piece: &[u8]) -> Vec<u32> {
        let mut symbols: Vec<u32> = piece.iter().map(|&byte| self.first + byte_rank(byte)).collect();
        if symbols.len() > SHORT {
            return self.merge_long(symbols);
        }
        loop {
            let learned = |i: usize| Some((*self.numbers.get(&(symbols[i], symbols[i + 1]))?, i));
            let Some(((_, new), at)) = (0..symbols.len().saturating_sub(1)).filter_map(learned).min() else {
                return symbols;
            };
            symbols[at] = new;
            symbols.remove(at + 1);
        }
    }
    // ANCHOR_END: encode_piece

    /// The same for long pieces, in `n log n` steps: neighbours are found by links, the first pair by a heap.
    fn merge_long(&self, mut symbols: Vec<u32>) -> Vec<u32> {
        const NONE: usize = usize::MAX;
        let n = symbols.len();
        let mut next: Vec<usize> = (1..=n).map(|i| if i < n { i } else { NONE }).collect();
        let mut previous: Vec<usize> = (0..n).map(|i| i.wrapping_sub(1)).collect();
        let mut gone = vec![false; n];
        let learned = |symbols: &[u32], left: usize, right: usize| {
            let (rank, new) = *self.numbers.get(&(symbols[left], symbols[right]))?;
            Some(Reverse((rank, left, new, symbols[left], symbols[right])))
        };
        let mut heap: BinaryHeap<_> =
            (1..n).filter_map(|right| learned(&symbols, right - 1, right)).collect();
        while let Some(Reverse((_, left, new, a, b))) = heap.pop() {
            let right = next[left];
            // One of the two may have been merged with another neighbour since.
            if gone[left] || right == NONE || (symbols[left], symbols[right]) != (a, b) {
                continue;
            }
            symbols[left] = new;
            gone[right] = true;
            next[left] = next[right];
            if next[left] != NONE {
                previous[next[left]] = left;
                heap.extend(learned(&symbols, left, next[left]));
            }
            if previous[left] != NONE {
                heap.extend(learned(&symbols, previous[left], left));
            }
        }
        (0..n).filter(|&i| !gone[i]).map(|i| symbols[i]).collect()
    }

    /// The bytes of these tokens, one after the other.
    ///
    /// # Panics
    /// When there is no such token.
    #[track_caller]
    pub fn decode_bytes(&self, tokens: &[u32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for &token in tokens {
            bytes.extend_from_slice(self.bytes(token));
        }
        bytes
    }

    /// The text of these tokens: what was encoded. Tokens cut out of a text may begin or end within a character, which
    /// becomes U+FFFD.
    ///
    /// # Panics
    /// When there is no such token.
    #[track_caller]
    pub fn decode(&self, tokens: &[u32]) -> String {
        String::from_utf8_lossy(&self.decode_bytes(tokens)).into_owned()
    }

    /// Writes the vocabulary as JSON, whole or not at all.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), DataError> {
        let value = json!({ "format": FORMAT, "version": 2, "cls": self.first > CLS, "merges": self.merges });
        write_json(path.as_ref(), &value)
    }

    /// Reads what [`save`](Bpe::save) wrote.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or is something else.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let path = path.as_ref();
        let value = read_json(path, KIND, FORMAT, 2)?;
        let wrong = |problem: String| DataError::Format { path: path.into(), kind: KIND, problem };
        let cls = value["cls"].as_bool().ok_or_else(|| wrong("`cls` is not true or false".into()))?;
        let list = value["merges"].as_array().ok_or_else(|| wrong("`merges` is not a list".into()))?;
        let merge = |(i, merge): (usize, &serde_json::Value)| {
            let token = |i: usize| u32::try_from(merge.get(i)?.as_u64()?).ok();
            let pair = (merge.as_array().is_some_and(|pair| pair.len() == 2)).then(|| token(0).zip(token(1)));
            pair.flatten().ok_or_else(|| wrong(format!("merge {i} is {merge}, not two tokens")))
        };
        let merges = list.iter().enumerate().map(merge).collect::<Result<Vec<_>, _>>()?;
        Self::from_merges(merges, if cls { 3 } else { 2 }, MOST_BYTES).map_err(wrong)
    }
}
