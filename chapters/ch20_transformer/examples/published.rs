//! Writes a GPT and two LLaMAs for the transformers library, with what they say about some tokens.
//!
//! `cargo run -p ch20_transformer --example published -- FOLDER` makes the folders gpt2, llama and llama_tied there, and
//! logits.safetensors. `tests/interop/run decoders` reads them with the library and compares.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{Module, for_each_param};
use ch07_modules::safetensors;
use ch19_attention::RotaryScaling;
use ch20_transformer::{Gpt, GptConfig, Llama, LlamaConfig, save_gpt2, save_llama};

/// Numbers of ordinary size everywhere, so that no part hides behind small weights.
fn spread(module: &mut dyn Module, rng: &mut Rng) {
    for_each_param(module, |_, param| {
        param.value = param.value.clone() + &Tensor::normal(*param.value.shape(), 0.0, 0.2, rng);
    });
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("usage: published FOLDER")?;
    let folder = std::path::Path::new(&folder);
    let mut rng = Rng::new(0, "published");
    let ids = Array::from_fn([2, 7], |_| rng.below(31) as i64);
    let mut seen =
        BTreeMap::from([("ids".to_owned(), Tensor::from_fn([2, 7], |at| ids[[at[0], at[1]]] as f32))]);

    let sizes =
        GptConfig { vocabulary: 31, max_tokens: 16, size: 24, heads: 4, layers: 2, ..Default::default() };
    let config = GptConfig { feed_forward: 40, activation: Activation::GeluTanh, ..sizes };
    let mut gpt = Gpt::new(&config, &mut rng);
    spread(&mut gpt, &mut rng);
    save_gpt2(folder.join("gpt2"), &mut gpt)?;
    seen.insert("gpt2".to_owned(), gpt.infer(&ids));

    for (name, tied) in [("llama", false), ("llama_tied", true)] {
        let scaling = if tied { RotaryScaling::Linear { factor: 4.0 } } else { RotaryScaling::None };
        let sizes = LlamaConfig { vocabulary: 31, size: 24, heads: 4, layers: 2, ..Default::default() };
        let config = LlamaConfig { head_size: 6, feed_forward: 40, tied, rope_scaling: scaling, ..sizes };
        let mut llama = Llama::new(&config, &mut rng);
        spread(&mut llama, &mut rng);
        save_llama(folder.join(name), &mut llama)?;
        seen.insert(name.to_owned(), llama.infer(&ids));
    }
    safetensors::write(folder.join("logits.safetensors"), &seen, &BTreeMap::new())?;
    Ok(())
}
