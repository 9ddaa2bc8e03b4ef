//! GPT-2's vocabulary files: `vocab.json`, which gives every token its number, and `merges.txt`, which lists the pairs in the
//! order in which they were learned.
//!
//! The numbers in such files need not follow the order of the merges, and tokens that no merge makes (`<|endoftext|>`) stand
//! among them. So the text is cut by a [`Bpe`], and its tokens are renamed. Left out: special tokens that are written in a
//! text are read as text, not as the token.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use crate::bpe::MOST_BYTES;
use crate::bytes::{BYTES, byte_character, character_byte};
use crate::error::{read_text, write_text};
use crate::hash::FastMap;
use crate::{Bpe, DataError};

const VOCABULARY: &str = "vocabulary of byte pairs in GPT-2's format";
const MERGES: &str = "list of merges in GPT-2's format";

/// A byte-level tokenizer with the numbers of a file in GPT-2's format.
#[derive(Clone, Debug, PartialEq)]
pub struct Gpt2 {
    bpe: Bpe,
    /// The file's number of each token, from the byte with rank 0 on.
    numbers: Vec<u32>,
    /// The token of each number.
    tokens: FastMap<u32, u32>,
    /// What no merge makes.
    special: BTreeMap<String, u32>,
}

/// The text of a token, a character for every byte.
fn spell(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| byte_character(byte)).collect()
}

impl Gpt2 {
    /// Reads `vocab.json` and `merges.txt`.
    ///
    /// # Errors
    /// When a file cannot be read, is not of this format, or the two do not belong together.
    pub fn read(vocabulary: impl AsRef<Path>, merges: impl AsRef<Path>) -> Result<Self, DataError> {
        let (vocabulary, merges) = (vocabulary.as_ref(), merges.as_ref());
        let text = read_text(vocabulary, VOCABULARY)?;
        let wrong =
            |problem: String| DataError::Format { path: vocabulary.into(), kind: VOCABULARY, problem };
        let value: Map<String, Value> =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let mut special = BTreeMap::new();
        for (token, number) in &value {
            let number = number.as_u64().and_then(|number| u32::try_from(number).ok());
            let number =
                number.ok_or_else(|| wrong(format!("{token:?} has no number, but {}", value[token])))?;
            special.insert(token.clone(), number);
        }
        let mut all: Vec<u32> = special.values().copied().collect();
        all.sort_unstable();
        if let Some(pair) = all.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(wrong(format!("two tokens have the number {}", pair[0])));
        }

        let bpe = read_merges(merges)?;
        let (mut numbers, mut tokens) = (Vec::new(), FastMap::default());
        for token in bpe.first()..bpe.size() as u32 {
            let name = spell(bpe.bytes(token));
            let number =
                special.remove(&name).ok_or_else(|| wrong(format!("the token {name:?} is missing")))?;
            numbers.push(number);
            tokens.insert(number, token);
        }
        Ok(Gpt2 { bpe, numbers, tokens, special })
    }

    /// The same tokens with numbers as in GPT-2's own file: the 256 bytes, what the merges make, and then the special
    /// tokens.
    pub fn new(bpe: Bpe, special: &[&str]) -> Self {
        let count = bpe.size() as u32 - bpe.first();
        let numbers: Vec<u32> = (0..count).collect();
        let tokens = numbers.iter().map(|&number| (number, bpe.first() + number)).collect();
        let special = special.iter().map(|name| name.to_string()).zip(count..).collect();
        Gpt2 { bpe, numbers, tokens, special }
    }

    /// Writes the two files, each whole or not at all.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&self, vocabulary: impl AsRef<Path>, merges: impl AsRef<Path>) -> Result<(), DataError> {
        let name = |token: u32| spell(self.bpe.bytes(token));
        let mut value: Map<String, Value> =
            self.tokens.iter().map(|(&number, &token)| (name(token), number.into())).collect();
        value.extend(self.special.iter().map(|(name, &number)| (name.clone(), number.into())));
        write_text(vocabulary.as_ref(), &Value::Object(value).to_string())?;
        let lines = self.bpe.merges().iter().map(|&(a, b)| format!("{} {}\n", name(a), name(b)));
        write_text(merges.as_ref(), &format!("#version: 0.2\n{}", lines.collect::<String>()))
    }

    /// How many tokens there are, the special ones included.
    pub fn size(&self) -> usize {
        self.numbers.len() + self.special.len()
    }

    /// The number of a special token, such as `<|endoftext|>`.
    pub fn special(&self, name: &str) -> Option<u32> {
        self.special.get(name).copied()
    }

    /// The numbers of a text.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let first = self.bpe.first();
        self.bpe.encode(text).into_iter().map(|token| self.numbers[(token - first) as usize]).collect()
    }

    /// The text of these numbers; a special token gives nothing.
    ///
    /// # Panics
    /// When there is no such number.
    #[track_caller]
    pub fn decode(&self, numbers: &[u32]) -> String {
        let mut bytes = Vec::new();
        for number in numbers {
            match self.tokens.get(number) {
                Some(&token) => bytes.extend_from_slice(self.bpe.bytes(token)),
                None if self.special.values().any(|special| special == number) => {}
                None => ch01_tensors::fail("Gpt2", format_args!("no token has the number {number}")),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The merges behind the numbers.
    pub fn bpe(&self) -> &Bpe {
        &self.bpe
    }
}

/// A pair per line, after a first line that may begin with `#version`.
fn read_merges(path: &Path) -> Result<Bpe, DataError> {
    let wrong = |problem: String| DataError::Format { path: path.into(), kind: MERGES, problem };
    let text = read_text(path, MERGES)?;
    const FIRST: u32 = 2;
    let mut tokens: FastMap<Vec<u8>, u32> = BYTES.iter().map(|&byte| vec![byte]).zip(FIRST..).collect();
    let mut merges = Vec::new();
    for (number, line) in text.lines().enumerate() {
        // `#` is a token too: only the first line can be the version.
        if line.is_empty() || number == 0 && line.starts_with("#version") {
            continue;
        }
        let problem = |what: &str| wrong(format!("line {}: {what}: {line:?}", number + 1));
        let spelled = |part: &str| part.chars().map(character_byte).collect::<Option<Vec<u8>>>();
        let (left, right) = line.split_once(' ').ok_or_else(|| problem("not two tokens"))?;
        let (left, right) = spelled(left)
            .zip(spelled(right))
            .ok_or_else(|| problem("a character that stands for no byte"))?;
        let pair = tokens.get(&left).copied().zip(tokens.get(&right).copied());
        merges.push(pair.ok_or_else(|| problem("a token that no line before it makes"))?);
        let new = FIRST + tokens.len() as u32;
        tokens.entry([left, right].concat()).or_insert(new);
    }
    Bpe::from_merges(merges, FIRST, MOST_BYTES).map_err(wrong)
}
