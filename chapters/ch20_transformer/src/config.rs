//! The sizes of an encoder.

/// How the vectors of a sequence become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The mean over the real tokens.
    Mean,
    /// The vector of the first token, which the data must put there (`[CLS]`, as in BERT).
    Cls,
}

// ANCHOR: config
/// The sizes of an [`EncoderClassifier`](crate::EncoderClassifier).
#[derive(Clone, Debug, PartialEq)]
pub struct EncoderConfig {
    /// How many different tokens there are.
    pub vocabulary: usize,
    /// The longest sequence.
    pub max_tokens: usize,
    /// Features of each token (`hidden_size`, `d_model`).
    pub size: usize,
    /// Heads of each attention; a divisor of `size`.
    pub heads: usize,
    /// Blocks.
    pub layers: usize,
    /// Features inside the feed-forward layers, usually `4 * size`.
    pub feed_forward: usize,
    /// The probability of dropout, on embeddings and at the end of both branches of each block.
    pub dropout: f64,
    /// The standard deviation of the first weights (`initializer_range` in the transformers library). GPT-2 takes 0.02 for
    /// its 768 features; `0.02 sqrt(768 / size)` makes the first scores of the attention as large as there.
    pub init_std: f64,
    /// Classes to tell apart.
    pub classes: usize,
    /// How the vectors of a sequence become one.
    pub pooling: Pooling,
}
// ANCHOR_END: config

impl Default for EncoderConfig {
    /// The encoder of the IMDb capstone and of the speed comparison: 3.4 million parameters, three quarters of them in
    /// the table of tokens.
    fn default() -> Self {
        EncoderConfig {
            vocabulary: 20_000,
            max_tokens: 256,
            size: 128,
            heads: 4,
            layers: 4,
            feed_forward: 512,
            dropout: 0.1,
            init_std: 0.05,
            classes: 2,
            pooling: Pooling::Mean,
        }
    }
}
