//! The sizes of a LLaMA.

use ch19_attention::RotaryScaling;

// ANCHOR: config
/// The sizes of a [`Llama`](crate::Llama) (`transformers.LlamaConfig`).
#[derive(Clone, Debug, PartialEq)]
pub struct LlamaConfig {
    /// How many different tokens there are (`vocab_size`).
    pub vocabulary: usize,
    /// The longest sequence (`max_position_embeddings`). Rotary positions have no table that would end there.
    pub max_tokens: usize,
    /// Features of each token (`hidden_size`).
    pub size: usize,
    /// Heads of queries (`num_attention_heads`).
    pub heads: usize,
    /// Heads of keys and values, a divisor of `heads` (`num_key_value_heads`).
    pub kv_heads: usize,
    /// Features of a head (`head_dim`); usually `size / heads`.
    pub head_size: usize,
    /// Blocks (`num_hidden_layers`).
    pub layers: usize,
    /// Features inside the feed-forward layers (`intermediate_size`).
    pub feed_forward: usize,
    /// What the norms add to the mean square (`rms_norm_eps`).
    pub eps: f64,
    /// The base of the rotary angles (`rope_theta`).
    pub rope_base: f64,
    /// How the angles are changed for longer texts (`rope_scaling`).
    pub rope_scaling: RotaryScaling,
    /// Whether the table of tokens is also the head (`tie_word_embeddings`).
    pub tied: bool,
    /// The probability of dropout, on embeddings and at the end of both branches of each block; published models have none.
    pub dropout: f64,
    /// The standard deviation of the first weights (`initializer_range`).
    pub init_std: f64,
}
// ANCHOR_END: config

impl Default for LlamaConfig {
    /// A small one: six blocks of 256 features whose eight heads share two heads of keys; as many parameters as the GPT of
    /// [`GptConfig`](crate::GptConfig)'s default, up to a tenth.
    fn default() -> Self {
        LlamaConfig {
            vocabulary: 96,
            max_tokens: 256,
            size: 256,
            heads: 8,
            kv_heads: 2,
            head_size: 32,
            layers: 6,
            feed_forward: 688,
            eps: 1e-5,
            rope_base: 10_000.0,
            rope_scaling: RotaryScaling::None,
            tied: true,
            dropout: 0.0,
            init_std: 0.02,
        }
    }
}
