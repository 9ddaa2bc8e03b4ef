//! A vector for a sentence (Reimers and Gurevych 2019; the `sentence-transformers` package): [`Bert`], the mean of its vectors,
//! length 1. Two sentences are compared by the dot product, which then is the cosine of the angle.
//!
//! Such weights are fine-tuned so that sentences of the same meaning come to lie close together. all-MiniLM-L6-v2 has 6 blocks of
//! 384 features: 22.7 million parameters, distilled from a larger BERT and trained on a billion pairs of sentences.

use std::path::Path;

use ch01_tensors::Tensor;
use ch13_data::{Tokens, WordPiece, pad};
use ch19_attention::Mask;

use crate::{Bert, LoadError, Pooling, load_bert};

/// An encoder of sentences, with the pieces of words that it knows.
pub struct SentenceEncoder {
    /// The network.
    pub bert: Bert,
    /// Its vocabulary.
    pub pieces: WordPiece,
    /// Longer sentences are cut.
    pub max_tokens: usize,
}

impl SentenceEncoder {
    /// Loads `config.json`, `model.safetensors` and `vocab.txt` (without capitals) from a folder. Sentences are cut at 256 tokens,
    /// or at as many as the network has places for.
    ///
    /// # Errors
    /// When a file cannot be read, or the weights do not fit the configuration.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, LoadError> {
        let folder = folder.as_ref();
        let published = load_bert(folder, 0)?;
        let pieces = WordPiece::read(folder.join("vocab.txt"), true)?;
        let max_tokens = published.config.max_tokens.min(256);
        Ok(SentenceEncoder { bert: published.bert, pieces, max_tokens })
    }

    /// What the network reads of some texts: `[CLS]`, pieces of words, `[SEP]`, padded to the longest.
    pub fn tokens(&self, texts: &[&str]) -> Tokens {
        let cut = |text: &&str| {
            let mut ids = self.pieces.encode(text);
            if ids.len() > self.max_tokens {
                let end = ids[ids.len() - 1];
                ids.truncate(self.max_tokens - 1);
                ids.push(end);
            }
            ids
        };
        let rows: Vec<Vec<u32>> = texts.iter().map(cut).collect();
        let rows: Vec<&[u32]> = rows.iter().map(Vec::as_slice).collect();
        pad(&rows)
    }

    // ANCHOR: encode
    /// A vector of length 1 for each text, `[texts, size]`.
    pub fn encode(&self, texts: &[&str]) -> Tensor {
        let Tokens { ids, mask } = self.tokens(texts);
        let vectors = self.bert.infer(&ids, None, &Mask::padding(&mask));
        let mut mean = Pooling::Mean.pool("SentenceEncoder", &vectors, &mask);
        for vector in mean.data_mut().chunks_mut(self.bert.size()) {
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
            vector.iter_mut().for_each(|x| *x /= length);
        }
        mean
    }
    // ANCHOR_END: encode
}
