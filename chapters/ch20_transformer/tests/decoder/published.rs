//! Folders that the transformers library wrote, read by ours: logits, gradients by their names, and generated texts; and what
//! is said of folders that do not fit.

use std::collections::BTreeMap;
use std::fs;

use ch01_tensors::{Array, Tensor};
use ch05_backprop::{Module, assert_close, for_each_param};
use ch07_modules::{load_state_dict, safetensors, state_dict};
use ch20_transformer::{
    BeamSearch, Generate, Gpt, Llama, NextToken, Sampling, load_gpt2, load_llama, save_gpt2, save_llama,
};
use tempfile::tempdir;

use super::decoder::{folder, golden, ids};
use super::{Golden, tensor};

/// Two blocks with norms in f32, in another order than theirs.
const CLOSE: f64 = 1e-4;

fn rows(ids: &Array<i64>) -> Vec<Vec<i64>> {
    ids.to_vec().chunks(ids.dim(1)).map(<[i64]>::to_vec).collect()
}

/// The gradient of each of our parameters against that of theirs; `named` says which and whether it lies transposed.
fn assert_gradients(
    golden: &Golden,
    case: &str,
    module: &mut dyn Module,
    named: impl Fn(&str) -> (String, bool),
) {
    for_each_param(module, |path, param| {
        let (name, transposed) = named(&path.to_string());
        let theirs = tensor(golden, &format!("{case}.dp.{name}"));
        let theirs = if transposed { theirs.t().contiguous() } else { theirs };
        assert_close(&format!("{case}, gradient of {name}"), &param.grad, &theirs, CLOSE);
    });
}

/// Greedy and beam search say what the library's `generate` says.
fn assert_generated<M: NextToken>(golden: &Golden, case: &str, model: &M) {
    let prompts = rows(&ids(golden, &format!("{case}.prompt")));
    let greedy = Generate { new_tokens: 6, sampling: Sampling::GREEDY, ..Generate::default() };
    let search = BeamSearch { beams: 3, new_tokens: 6, length_penalty: 1.0, stop: None };
    let theirs = ["greedy", "beams"].map(|kind| rows(&ids(golden, &format!("{case}.{kind}"))));
    let ours = greedy.run(model, &prompts);
    for (row, prompt) in prompts.iter().enumerate() {
        assert_eq!([&prompt[..], &ours[row]].concat(), theirs[0][row], "{case}, greedy");
        let best = &search.run(model, prompt)[0];
        assert_eq!([&prompt[..], &best.tokens].concat(), theirs[1][row], "{case}, beams");
    }
}

fn flat(x: Tensor) -> Tensor {
    let shape = [x.dim(0) * x.dim(1), x.dim(2)];
    x.reshape(shape)
}

#[test]
fn golden_gpt2_from_its_folder() {
    let golden = golden();
    let get = |name: &str| flat(tensor(&golden, &format!("gpt2.{name}")));
    let mut model = load_gpt2(folder().join("ch20_gpt2"), 0).unwrap();
    let ids = ids(&golden, "gpt2.ids");
    assert_close("gpt2, infer", &model.infer(&ids), &get("y"), CLOSE);
    assert_close("gpt2, forward", &model.forward(&ids), &get("y"), CLOSE);
    model.backward(get("grad"));
    assert_gradients(&golden, "gpt2", &mut model, |path| {
        let name = path.replace("blocks", "h").replace("embedding", "wte").replace("positions", "wpe");
        let name = name.replace("norm1", "ln_1").replace("norm2", "ln_2").replace("norm", "ln_f");
        let name = name.replace("attention.qkv", "attn.c_attn").replace("attention.output", "attn.c_proj");
        let name = name.replace("fc1", "c_fc").replace("fc2", "c_proj");
        let transposed = name.contains(".c_") && name.ends_with("weight");
        (format!("transformer.{name}"), transposed)
    });
    assert_generated(&golden, "gpt2", &model);
}

#[test]
fn golden_llama_from_its_folder() {
    let golden = golden();
    for i in 0..3 {
        let case = format!("llama.{i}");
        let get = |name: &str| flat(tensor(&golden, &format!("{case}.{name}")));
        let mut model = load_llama(folder().join(format!("ch20_llama_{i}"))).unwrap();
        assert_eq!(model.config.tied, i > 0);
        let ids = ids(&golden, &format!("{case}.ids"));
        assert_close(&format!("{case}, infer"), &model.infer(&ids), &get("y"), CLOSE);
        assert_close(&format!("{case}, forward"), &model.forward(&ids), &get("y"), CLOSE);
        model.backward(get("grad"));
        assert_gradients(&golden, &case, &mut model, |path| {
            let name = path.replace("blocks", "layers").replace("embedding", "embed_tokens");
            let name = name.replace("norm1", "input_layernorm").replace("norm2", "post_attention_layernorm");
            let name = name.replace("attention.output", "self_attn.o_proj");
            let name = ["q", "k", "v"].iter().fold(name, |name, part| {
                name.replace(&format!("attention.{part}."), &format!("self_attn.{part}_proj."))
            });
            (if name == "head" { "lm_head.weight".into() } else { format!("model.{name}") }, false)
        });
        assert_generated(&golden, &case, &model);
    }
}

/// What we write, we read, bit for bit; that the library reads it too is proved by the interchange script.
#[test]
fn models_are_written_and_read_again() {
    let dir = tempdir().unwrap();
    let mut gpt = load_gpt2(folder().join("ch20_gpt2"), 0).unwrap();
    save_gpt2(dir.path().join("gpt2"), &mut gpt).unwrap();
    let mut again = load_gpt2(dir.path().join("gpt2"), 0).unwrap();
    assert_eq!(state_dict(&mut gpt), state_dict(&mut again));
    assert_eq!(gpt.config, again.config);
    for i in 0..3 {
        let mut llama = load_llama(folder().join(format!("ch20_llama_{i}"))).unwrap();
        let path = dir.path().join(format!("llama{i}"));
        save_llama(&path, &mut llama).unwrap();
        let mut again = load_llama(&path).unwrap();
        assert_eq!(state_dict(&mut llama), state_dict(&mut again));
        assert_eq!(llama.config, again.config);
    }
}

/// Configurations as version 4 of the library wrote them, with the angles in two places.
#[test]
fn older_configurations_are_understood() {
    let dir = tempdir().unwrap();
    let mut llama = load_llama(folder().join("ch20_llama_1")).unwrap();
    save_llama(dir.path(), &mut llama).unwrap();
    let path = dir.path().join("config.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("rope_parameters", "unknown")).unwrap();
    assert_eq!(load_llama(dir.path()).unwrap().config, llama.config);
}

#[test]
fn what_does_not_fit_is_listed() {
    let dir = tempdir().unwrap();
    let from = folder().join("ch20_gpt2");
    let (mut tensors, about) = safetensors::read(from.join("model.safetensors")).unwrap();
    fs::copy(from.join("config.json"), dir.path().join("config.json")).unwrap();
    tensors.remove("transformer.h.1.ln_1.bias");
    tensors.insert("transformer.h.0.attn.bias".into(), Tensor::ones([1, 1, 16, 16]));
    tensors.insert("transformer.h.0.extra".into(), Tensor::ones([2]));
    let weight = tensors["transformer.h.0.mlp.c_fc.weight"].clone();
    tensors.insert("transformer.h.0.mlp.c_fc.weight".into(), weight.t().contiguous());
    safetensors::write(dir.path().join("model.safetensors"), &tensors, &about).unwrap();
    let message = load_gpt2(dir.path(), 0).err().unwrap().to_string();
    let expected = "missing: h.1.ln_1.bias; not in the module: h.0.extra; \
                    wrong shapes: h.0.mlp.c_fc.weight [48, 12] for [12, 48]";
    assert!(message.ends_with(expected), "{message}");
}

#[test]
fn other_configurations_are_refused() {
    let dir = tempdir().unwrap();
    let text = fs::read_to_string(folder().join("ch20_llama_1/config.json")).unwrap();
    for (from, to, says) in [
        ("\"llama\"", "\"mistral\"", "its model_type is Some(\"mistral\"), not \"llama\""),
        ("\"llama3\"", "\"yarn\"", "its rope_type is \"yarn\"; default, linear and llama3 are built here"),
        ("\"attention_bias\": false", "\"attention_bias\": true", "its attention_bias is true"),
        ("\"vocab_size\": 29", "\"vocab_size\": -1", "its vocab_size is -1, not a whole number above 0"),
        ("\"vocab_size\": 29", "\"vocab\": 29", "it has no vocab_size"),
        ("\"num_key_value_heads\": 1", "\"num_key_value_heads\": 3", "cannot share 3 heads of keys"),
        ("\"use_cache\": true,", "\"use_cache\": true", "expected `,` or `}`"),
    ] {
        assert!(text.contains(from), "{from}");
        fs::write(dir.path().join("config.json"), text.replace(from, to)).unwrap();
        let message = load_llama(dir.path()).err().unwrap().to_string();
        assert!(message.contains(says) && message.contains("config.json"), "{message}");
    }
    fs::remove_file(dir.path().join("config.json")).unwrap();
    assert!(load_gpt2(dir.path(), 0).err().unwrap().to_string().contains("config.json"));
}

/// A state of one model in another of the same sizes: names are those of the visitor.
#[test]
fn states_move_between_models() {
    let mut one = load_gpt2(folder().join("ch20_gpt2"), 0).unwrap();
    let mut other = Gpt::new(&one.config.clone(), &mut super::rng());
    let state: BTreeMap<String, Tensor> = state_dict(&mut one);
    assert!(state.contains_key("blocks.1.attention.qkv.weight") && state.contains_key("embedding.weight"));
    load_state_dict(&mut other, &state).unwrap();
    let mut llama = Llama::new(&Default::default(), &mut super::rng());
    assert!(load_state_dict(&mut llama, &state).is_err());
}
