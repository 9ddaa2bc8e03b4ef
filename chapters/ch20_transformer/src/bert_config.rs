//! The sizes of a BERT, as its `config.json` says them.

use std::path::Path;

use ch03_neurons::Activation;
use serde_json::Value;

use crate::LoadError;

// ANCHOR: config
/// The sizes of a [`Bert`](crate::Bert) (`transformers.BertConfig`, `DistilBertConfig`).
#[derive(Clone, Debug, PartialEq)]
pub struct BertConfig {
    /// How many different tokens there are (`vocab_size`).
    pub vocabulary: usize,
    /// The longest sequence (`max_position_embeddings`).
    pub max_tokens: usize,
    /// How many segments are told apart, such as question and text (`type_vocab_size`); 0 for none, as in DistilBERT.
    pub segments: usize,
    /// Features of each token (`hidden_size`).
    pub size: usize,
    /// Heads of each attention (`num_attention_heads`); a divisor of `size`.
    pub heads: usize,
    /// Blocks (`num_hidden_layers`).
    pub layers: usize,
    /// Features inside the feed-forward layers (`intermediate_size`).
    pub feed_forward: usize,
    /// Inside the feed-forward layers and the masked-LM head (`hidden_act`).
    pub activation: Activation,
    /// The probability of dropout, on embeddings and at the end of both branches of each block (`hidden_dropout_prob`).
    pub dropout: f64,
    /// Added to the variances by the norms (`layer_norm_eps`).
    pub eps: f64,
    /// The standard deviation of the first weights (`initializer_range`).
    pub init_std: f64,
}
// ANCHOR_END: config

impl Default for BertConfig {
    /// BERT-base: 110 million parameters.
    fn default() -> Self {
        BertConfig {
            vocabulary: 30_522,
            max_tokens: 512,
            segments: 2,
            size: 768,
            heads: 12,
            layers: 12,
            feed_forward: 3072,
            activation: Activation::Gelu,
            dropout: 0.1,
            eps: 1e-12,
            init_std: 0.02,
        }
    }
}

impl BertConfig {
    /// Reads the `config.json` of a BERT or DistilBERT.
    ///
    /// # Errors
    /// When the file cannot be read, is no such configuration, or asks for what is not built here.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let wrong = |problem: String| LoadError::Config { path: path.into(), problem };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let json: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        BertConfig::from_json(&json).map_err(wrong)
    }

    /// The sizes that the content of a `config.json` gives; what is wrong with it otherwise.
    fn from_json(json: &Value) -> Result<Self, String> {
        let distil = match json["model_type"].as_str() {
            Some("bert") => false,
            Some("distilbert") => true,
            other => return Err(format!("its model_type is {other:?}, not \"bert\" or \"distilbert\"")),
        };
        let whole = |bert: &str, distilbert: &str| {
            let key = if distil { distilbert } else { bert };
            let size = json[key].as_u64().filter(|&size| size > 0);
            size.map(|size| size as usize).ok_or_else(|| format!("it has no {key}"))
        };
        let number = |key: &str, default: f64| json[key].as_f64().unwrap_or(default);
        if !matches!(json["position_embedding_type"].as_str(), None | Some("absolute")) {
            return Err(format!(
                "positions are {}, and only absolute ones are built here",
                json["position_embedding_type"]
            ));
        }
        let act = json[if distil { "activation" } else { "hidden_act" }].as_str().unwrap_or("gelu");
        let activation = match act {
            "gelu" => Activation::Gelu,
            "gelu_new" | "gelu_pytorch_tanh" => Activation::GeluTanh,
            "relu" => Activation::Relu,
            other => {
                return Err(format!(
                    "its activation is {other:?}, and gelu, gelu_new and relu are known here"
                ));
            }
        };
        let config = BertConfig {
            vocabulary: whole("vocab_size", "vocab_size")?,
            max_tokens: whole("max_position_embeddings", "max_position_embeddings")?,
            segments: if distil { 0 } else { whole("type_vocab_size", "")? },
            size: whole("hidden_size", "dim")?,
            heads: whole("num_attention_heads", "n_heads")?,
            layers: whole("num_hidden_layers", "n_layers")?,
            feed_forward: whole("intermediate_size", "hidden_dim")?,
            activation,
            dropout: number(if distil { "dropout" } else { "hidden_dropout_prob" }, 0.1),
            // DistilBERT's is not in the file, but in its source.
            eps: number("layer_norm_eps", 1e-12),
            init_std: number("initializer_range", 0.02),
        };
        if !config.size.is_multiple_of(config.heads) {
            return Err(format!("{} features do not split into {} heads", config.size, config.heads));
        }
        Ok(config)
    }
}
