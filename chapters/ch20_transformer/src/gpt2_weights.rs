//! GPT-2's published weights (`GPT2LMHeadModel.from_pretrained`).
//!
//! Two things differ from ours. The linear layers of the blocks are `Conv1D`s, whose matrices lie as `[in, out]`. And the head
//! is not in the file, or once more: it is the table of tokens.

use std::path::Path;

use ch01_tensors::Rng;
use ch03_neurons::Activation;
use ch07_modules::safetensors;
use serde_json::json;

use crate::published::{Named, Sizes, fill, read_config, save};
use crate::{Gpt, GptConfig, LoadError};

/// Loads `config.json` and `model.safetensors` from a folder. Dropout is as the configuration says for the residual branches;
/// its random stream begins with `seed`.
///
/// # Errors
/// When a file cannot be read or is damaged, the configuration is not of a GPT-2 that is built here, or the weights do not
/// fit it: then all names are listed that are missing, too much, or of another shape.
pub fn load_gpt2(folder: impl AsRef<Path>, seed: u64) -> Result<Gpt, LoadError> {
    let folder = folder.as_ref();
    let config = read_config(folder, "gpt2", config)?;
    let mut model = Gpt::new(&config, &mut Rng::new(seed, "published"));
    let path = folder.join("model.safetensors");
    let (tensors, _) = safetensors::read_any(&path)?;
    // The oldest files were saved from the model without a head, and have no prefix.
    let bare = |name: String| name.strip_prefix("transformer.").map(str::to_owned).unwrap_or(name);
    let tensors = tensors.into_iter().map(|(name, tensor)| (bare(name), tensor)).collect();
    // Causal masks, and the table of tokens once more.
    let known = |name: &str| {
        name == "lm_head.weight" || name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias")
    };
    fill(&mut model, tensors, named, known).map_err(|names| LoadError::Names { path, names })?;
    Ok(model)
}

/// Writes a model so that the transformers library reads it as a GPT-2.
///
/// # Errors
/// When the activation is one that it does not have, or the files cannot be written.
pub fn save_gpt2(folder: impl AsRef<Path>, model: &mut Gpt) -> Result<(), LoadError> {
    let folder = folder.as_ref();
    let GptConfig { dropout, .. } = model.config;
    let activation = match model.config.activation {
        Activation::Gelu => "gelu",
        Activation::GeluTanh => "gelu_new",
        Activation::Relu => "relu",
        other => {
            let problem = format!("a GPT-2 with {other:?} cannot be written");
            return Err(LoadError::Config { path: folder.join("config.json"), problem });
        }
    };
    let config = json!({
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "activation_function": activation,
        "vocab_size": model.config.vocabulary, "n_positions": model.config.max_tokens, "n_embd": model.config.size,
        "n_head": model.config.heads, "n_layer": model.config.layers, "n_inner": model.config.feed_forward,
        "layer_norm_epsilon": model.config.eps, "initializer_range": model.config.init_std,
        "resid_pdrop": dropout, "embd_pdrop": dropout, "attn_pdrop": 0.0, "tie_word_embeddings": true,
    });
    save(folder, &config, model, |path| {
        let (name, transposed) = named(path);
        (format!("transformer.{name}"), transposed)
    })
}

fn config(json: &Sizes) -> Result<GptConfig, String> {
    json.only("scale_attn_weights", true)?;
    json.only("scale_attn_by_inverse_layer_idx", false)?;
    json.only("add_cross_attention", false)?;
    json.only("tie_word_embeddings", true)?;
    let activation = match json.0["activation_function"].as_str().unwrap_or("gelu_new") {
        "gelu_new" | "gelu_pytorch_tanh" => Activation::GeluTanh,
        "gelu" => Activation::Gelu,
        "relu" => Activation::Relu,
        other => return Err(format!("its activation_function is {other:?}, which is not built here")),
    };
    let (size, heads) = (json.whole("n_embd")?, json.whole("n_head")?);
    if !size.is_multiple_of(heads) {
        return Err(format!("{size} features do not split into {heads} heads"));
    }
    Ok(GptConfig {
        vocabulary: json.whole("vocab_size")?,
        max_tokens: json.whole("n_positions")?,
        size,
        heads,
        layers: json.whole("n_layer")?,
        feed_forward: json.optional("n_inner")?.unwrap_or(4 * size),
        dropout: json.number("resid_pdrop", 0.1),
        activation,
        eps: json.number("layer_norm_epsilon", 1e-5),
        init_std: json.number("initializer_range", 0.02),
    })
}

// ANCHOR: names
/// What a parameter of ours is called in a file without the prefix.
fn named(ours: &str) -> Named {
    const NAMES: [(&str, &str); 9] = [
        ("embedding", "wte"),
        ("positions", "wpe"),
        ("norm1", "ln_1"),
        ("attention.qkv", "attn.c_attn"),
        ("attention.output", "attn.c_proj"),
        ("norm2", "ln_2"),
        ("mlp.fc1", "mlp.c_fc"),
        ("mlp.fc2", "mlp.c_proj"),
        ("norm", "ln_f"),
    ];
    let (layer, kind) = ours.rsplit_once('.').unwrap_or(("", ours));
    let (stack, part) = match layer.strip_prefix("blocks.").and_then(|rest| rest.split_once('.')) {
        Some((number, part)) => (format!("h.{number}."), part),
        None => (String::new(), layer),
    };
    let theirs = NAMES.iter().find(|(ours, _)| *ours == part).map_or(part, |(_, theirs)| theirs);
    let transposed = kind == "weight" && theirs.contains(".c_");
    (format!("{stack}{theirs}.{kind}"), transposed)
}
// ANCHOR_END: names
