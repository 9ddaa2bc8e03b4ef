//! LLaMA's published weights (`LlamaForCausalLM.from_pretrained`): the layout of the transformers library, whose queries and
//! keys are ordered so that rotary positions turn the halves of a head (Meta's own files are ordered differently).

use std::path::Path;

use ch01_tensors::Rng;
use ch07_modules::safetensors;
use ch19_attention::RotaryScaling;
use serde_json::{Value, json};

use crate::published::{Named, Sizes, fill, read_config, save};
use crate::{Llama, LlamaConfig, LoadError};

/// Loads `config.json` and `model.safetensors` from a folder.
///
/// # Errors
/// When a file cannot be read or is damaged, the configuration is not of a LLaMA that is built here, or the weights do not
/// fit it: then all names are listed that are missing, too much, or of another shape.
pub fn load_llama(folder: impl AsRef<Path>) -> Result<Llama, LoadError> {
    let folder = folder.as_ref();
    let config = read_config(folder, "llama", config)?;
    let mut model = Llama::new(&config, &mut Rng::new(0, "replaced by the file's weights"));
    let path = folder.join("model.safetensors");
    let (tensors, _) = safetensors::read_any(&path)?;
    // Frequencies, which old files hold too; and the head where it is the table of tokens.
    let known =
        |name: &str| name.ends_with("rotary_emb.inv_freq") || (config.tied && name == "lm_head.weight");
    fill(&mut model, tensors, named, known).map_err(|names| LoadError::Names { path, names })?;
    Ok(model)
}

/// Writes a model so that the transformers library reads it.
///
/// # Errors
/// When the angles are scaled in a way that it does not have, or the files cannot be written.
pub fn save_llama(folder: impl AsRef<Path>, model: &mut Llama) -> Result<(), LoadError> {
    let folder = folder.as_ref();
    let LlamaConfig { rope_base, rope_scaling, .. } = model.config;
    let rope = match rope_scaling {
        RotaryScaling::None => json!({ "rope_type": "default" }),
        RotaryScaling::Linear { factor } => json!({ "rope_type": "linear", "factor": factor }),
        RotaryScaling::Llama3 { factor, low, high, trained } => json!({
            "rope_type": "llama3", "factor": factor, "low_freq_factor": low, "high_freq_factor": high,
            "original_max_position_embeddings": trained as u64,
        }),
        other => {
            let problem = format!("angles scaled as {other:?} cannot be written");
            return Err(LoadError::Config { path: folder.join("config.json"), problem });
        }
    };
    let mut both = rope.clone();
    both["rope_theta"] = json!(rope_base);
    let scaled = rope_scaling != RotaryScaling::None;
    let c = &model.config;
    // Since version 5 the library reads `rope_parameters`; before it was `rope_theta` and `rope_scaling`.
    let config = json!({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "attention_bias": false,
        "mlp_bias": false, "vocab_size": c.vocabulary, "max_position_embeddings": c.max_tokens, "hidden_size": c.size,
        "num_attention_heads": c.heads, "num_key_value_heads": c.kv_heads, "head_dim": c.head_size,
        "num_hidden_layers": c.layers, "intermediate_size": c.feed_forward, "rms_norm_eps": c.eps,
        "tie_word_embeddings": c.tied, "initializer_range": c.init_std, "rope_parameters": both,
        "rope_theta": rope_base, "rope_scaling": if scaled { rope } else { Value::Null },
    });
    save(folder, &config, model, named)
}

fn config(json: &Sizes) -> Result<LlamaConfig, String> {
    json.only("hidden_act", "silu")?;
    json.only("attention_bias", false)?;
    json.only("mlp_bias", false)?;
    let (size, heads) = (json.whole("hidden_size")?, json.whole("num_attention_heads")?);
    let kv_heads = json.optional("num_key_value_heads")?.unwrap_or(heads);
    let head_size = json.optional("head_dim")?.unwrap_or(size / heads);
    if !heads.is_multiple_of(kv_heads) || head_size == 0 || !head_size.is_multiple_of(2) {
        return Err(format!("{heads} heads of {head_size} features cannot share {kv_heads} heads of keys"));
    }
    // Since version 5 of the library in one place, before in two.
    let rope = ["rope_parameters", "rope_scaling"].map(|key| &json.0[key]);
    let rope = rope.into_iter().find(|value| value.is_object()).unwrap_or(&Value::Null);
    let base = rope["rope_theta"].as_f64().unwrap_or(json.number("rope_theta", 10_000.0));
    Ok(LlamaConfig {
        vocabulary: json.whole("vocab_size")?,
        max_tokens: json.whole("max_position_embeddings")?,
        size,
        heads,
        kv_heads,
        head_size,
        layers: json.whole("num_hidden_layers")?,
        feed_forward: json.whole("intermediate_size")?,
        eps: json.number("rms_norm_eps", 1e-6),
        rope_base: base,
        rope_scaling: scaling(rope)?,
        tied: json.0["tie_word_embeddings"].as_bool().unwrap_or(false),
        dropout: 0.0,
        init_std: json.number("initializer_range", 0.02),
    })
}

fn scaling(rope: &Value) -> Result<RotaryScaling, String> {
    let number = |key: &str| rope[key].as_f64().ok_or_else(|| format!("its scaling of angles has no {key}"));
    match rope["rope_type"].as_str().or(rope["type"].as_str()).unwrap_or("default") {
        "default" => Ok(RotaryScaling::None),
        "linear" => Ok(RotaryScaling::Linear { factor: number("factor")? }),
        "llama3" => Ok(RotaryScaling::Llama3 {
            factor: number("factor")?,
            low: number("low_freq_factor")?,
            high: number("high_freq_factor")?,
            trained: number("original_max_position_embeddings")?,
        }),
        other => Err(format!("its rope_type is {other:?}; default, linear and llama3 are built here")),
    }
}

/// What a parameter of ours is called in a file.
fn named(ours: &str) -> Named {
    const NAMES: [(&str, &str); 9] = [
        ("norm1", "input_layernorm"),
        ("attention.q", "self_attn.q_proj"),
        ("attention.k", "self_attn.k_proj"),
        ("attention.v", "self_attn.v_proj"),
        ("attention.output", "self_attn.o_proj"),
        ("norm2", "post_attention_layernorm"),
        ("mlp.gate_proj", "mlp.gate_proj"),
        ("mlp.up_proj", "mlp.up_proj"),
        ("mlp.down_proj", "mlp.down_proj"),
    ];
    let (layer, kind) = ours.rsplit_once('.').unwrap_or(("", ours));
    let block = layer.strip_prefix("blocks.").and_then(|rest| rest.split_once('.'));
    let name = match (block, layer) {
        (Some((number, part)), _) => {
            let theirs = NAMES.iter().find(|(ours, _)| *ours == part).map_or(part, |(_, theirs)| theirs);
            format!("model.layers.{number}.{theirs}.{kind}")
        }
        (None, "embedding") => "model.embed_tokens.weight".to_owned(),
        (None, "norm") => "model.norm.weight".to_owned(),
        // The head is a parameter of the model itself.
        (None, _) => "lm_head.weight".to_owned(),
    };
    (name, false)
}
