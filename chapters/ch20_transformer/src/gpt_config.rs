//! The sizes of a GPT.

use ch03_neurons::Activation;

// ANCHOR: config
/// The sizes of a [`Gpt`](crate::Gpt).
#[derive(Clone, Debug, PartialEq)]
pub struct GptConfig {
    /// How many different tokens there are.
    pub vocabulary: usize,
    /// The longest sequence (`n_positions`, `block_size`).
    pub max_tokens: usize,
    /// Features of each token (`n_embd`).
    pub size: usize,
    /// Heads of each attention; a divisor of `size` (`n_head`).
    pub heads: usize,
    /// Blocks (`n_layer`).
    pub layers: usize,
    /// Features inside the feed-forward layers, usually `4 * size` (`n_inner`).
    pub feed_forward: usize,
    /// The probability of dropout, on embeddings and at the end of both branches of each block.
    pub dropout: f64,
    /// Between the two linear layers of the feed-forward layers: GELU; GPT-2 has its tanh approximation.
    pub activation: Activation,
    /// What the norms add to the variance.
    pub eps: f64,
    /// The standard deviation of the first weights: 0.02 in GPT-2, for its 768 features.
    pub init_std: f64,
}
// ANCHOR_END: config

impl Default for GptConfig {
    /// The model of the speed comparison: six blocks of 256 features, 4.8 million parameters.
    fn default() -> Self {
        GptConfig {
            vocabulary: 96,
            max_tokens: 256,
            size: 256,
            heads: 8,
            layers: 6,
            feed_forward: 1024,
            dropout: 0.0,
            activation: Activation::Gelu,
            eps: 1e-5,
            init_std: 0.02,
        }
    }
}

impl GptConfig {
    /// The smallest GPT-2: 124 million parameters.
    pub fn gpt2() -> Self {
        GptConfig {
            vocabulary: 50_257,
            max_tokens: 1024,
            size: 768,
            heads: 12,
            layers: 12,
            feed_forward: 3072,
            dropout: 0.1,
            activation: Activation::GeluTanh,
            ..GptConfig::default()
        }
    }
}
