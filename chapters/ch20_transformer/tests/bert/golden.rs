//! BERT against PyTorch and the transformers library (made by tests/golden/make_ch20_bert.py).
//!
//! f32 on both sides, two blocks with norms: 1e-4 is what the project promises for logits of published models; single blocks
//! and gradients of small models stay within 5e-5 (see above).

use std::path::{Path, PathBuf};

use ch01_tensors::{Array, Tensor, npz};
use ch04_losses::CrossEntropy;
use ch05_backprop::{assert_close, for_each_param};
use ch13_data::Tokens;
use ch19_attention::Mask;
use ch20_transformer::{
    BertClassifier, CrossBlock, EncoderConfig, EncoderDecoder, EncoderDecoderConfig, MaskedTokens, Pairs,
    Pooling, PostNormBlock, SpanFinder, TokenTagger, load_bert,
};

use super::{Golden, assert_gradients, load, rng, tensor};

fn golden() -> Golden {
    npz::read(path("ch20_bert.npz")).unwrap()
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(name)
}

fn integers(golden: &Golden, name: &str) -> Array<i64> {
    golden[name].i64().unwrap()
}

fn tokens(golden: &Golden, case: &str) -> Tokens {
    Tokens {
        ids: integers(golden, &format!("{case}.ids")),
        mask: golden[&format!("{case}.real")].bool().unwrap(),
    }
}

#[test]
fn golden_post_norm_block() {
    let golden = golden();
    for i in 0..3 {
        let case = format!("post.{i}");
        let get = |name: &str| tensor(&golden, &format!("{case}.{name}"));
        let heads = integers(&golden, &format!("{case}.heads")).item() as usize;
        let eps = golden[&format!("{case}.eps")].f64().unwrap().item();
        let real = golden.get(&format!("{case}.real")).map(|real| real.bool().unwrap());
        let mask = Mask { padding: real.as_ref(), ..Mask::NONE };
        let (size, inner) = (get("x").dim(2), get("p.mlp.fc1.bias").dim(0));
        let mut block = PostNormBlock::new(size, heads, inner, 0.0, eps, &mut rng());
        load(&golden, &case, &mut block);
        assert_close(&format!("{case}, infer"), &block.infer(get("x"), &mask), &get("y"), 5e-5);
        assert_close(&format!("{case}, forward"), &block.forward(get("x"), &mask), &get("y"), 5e-5);
        assert_close(&format!("{case}, input gradient"), &block.backward(get("grad")), &get("dx"), 5e-5);
        assert_gradients(&golden, &case, &mut block, 5e-5);
    }
}

/// Folders written by the transformers library give its hidden states, pooled vectors and masked-LM logits.
#[test]
fn golden_bert() {
    let golden = golden();
    for case in ["bert", "distilbert"] {
        let get = |name: &str| tensor(&golden, &format!("{case}.{name}"));
        let published = load_bert(path("ch20_bert").join(case), 0).unwrap();
        let Tokens { ids, mask } = tokens(&golden, case);
        let segments = golden.get(&format!("{case}.segments")).map(|segments| segments.i64().unwrap());
        let hidden = published.bert.infer(&ids, segments.as_ref(), &Mask::padding(&mask));
        assert_close(&format!("{case}, hidden"), &hidden, &get("hidden"), 1e-4);
        if let Some(pooler) = &published.pooler {
            let pooled = ch05_backprop::Layer::infer(pooler, Pooled::first(&hidden));
            assert_close(&format!("{case}, pooled"), &pooled, &get("pooled"), 1e-4);
        }
        let head = published.head.as_ref().expect("both have a masked-LM head");
        let logits = head.infer(hidden, &published.bert.tokens.weight.value);
        assert_close(&format!("{case}, logits"), &logits.reshape([3, 7, 37]), &get("logits"), 1e-4);
    }
    assert!(load_bert(path("ch20_bert").join("bert"), 0).unwrap().pooler.is_some());
}

struct Pooled;

impl Pooled {
    /// The vectors of the first tokens.
    fn first(hidden: &Tensor) -> Tensor {
        hidden.slice((.., 0)).contiguous()
    }
}

/// The loss of the transformers library over labels of -100 and others is ours over the places that are asked for; so are
/// the gradients, in their names: the table of tokens gets both of its own.
#[test]
fn golden_masked_lm() {
    let golden = golden();
    let mut model = load_bert(path("ch20_bert/bert"), 0).unwrap().into_masked_lm().unwrap();
    let labels = integers(&golden, "bert.train.labels").reshape([21]);
    let asked: Vec<i64> = (0..21).filter(|&place| labels[[place]] >= 0).map(|place| place as i64).collect();
    let places = Array::from_fn([asked.len()], |at| asked[at[0]]);
    let input = MaskedTokens { tokens: tokens(&golden, "bert.train"), places: places.clone() };
    // The random stream of dropout is not PyTorch's: without dropout.
    let mut model = without_dropout(&mut model);
    let logits = model.forward(&input);
    assert_close("infer", &model.infer(&input), &logits, 1e-6);
    let labels = labels.index_select(0, &places);
    let criterion = CrossEntropy::default();
    let loss = criterion.forward(&logits, &labels);
    assert_close("loss", &loss, &tensor(&golden, "bert.train.loss"), 1e-5);
    model.backward(criterion.backward(&Tensor::scalar(1.0), &logits, &labels));
    let mut checked = 0;
    for_each_param(&mut model, |ours, param| {
        let theirs = match ours.to_string().as_str() {
            "bert.tokens.weight" => "bert.embeddings.word_embeddings.weight",
            "bert.positions.weight" => "bert.embeddings.position_embeddings.weight",
            "bert.segments.weight" => "bert.embeddings.token_type_embeddings.weight",
            "bert.blocks.1.norm2.bias" => "bert.encoder.layer.1.output.LayerNorm.bias",
            "head.dense.weight" => "cls.predictions.transform.dense.weight",
            "head.bias" => "cls.predictions.bias",
            "bert.blocks.0.attention.qkv.weight" => {
                let keys = param.grad.narrow(0, 16, 16).contiguous();
                let name = "bert.train.bert.encoder.layer.0.attention.self.key.weight";
                assert_close("gradient of the keys", &keys, &tensor(&golden, name), 5e-5);
                return;
            }
            _ => return,
        };
        let name = format!("bert.train.{theirs}");
        assert_close(&format!("gradient of {ours}"), &param.grad, &tensor(&golden, &name), 5e-5);
        checked += 1;
    });
    assert_eq!(checked, 6);
}

/// A copy without dropout: built anew with the same weights.
fn without_dropout(model: &mut ch20_transformer::MaskedLm) -> ch20_transformer::MaskedLm {
    let config = config(0.0);
    let mut copy = ch20_transformer::MaskedLm::new(&config, &mut rng());
    let state = ch07_modules::state_dict(model);
    ch07_modules::load_state_dict(&mut copy, &state).unwrap();
    copy
}

fn config(dropout: f64) -> ch20_transformer::BertConfig {
    let config = ch20_transformer::BertConfig::read(path("ch20_bert/bert/config.json")).unwrap();
    ch20_transformer::BertConfig { dropout, ..config }
}

fn encoder() -> ch20_transformer::Bert {
    let mut bert = ch20_transformer::Bert::new(&config(0.0), &mut rng());
    let mut published = load_bert(path("ch20_bert/bert"), 0).unwrap();
    ch07_modules::load_state_dict(&mut bert, &ch07_modules::state_dict(&mut published.bert)).unwrap();
    bert
}

#[test]
fn golden_token_tagger() {
    let golden = golden();
    let mut model = TokenTagger::new(encoder(), 3, 0.0, &mut rng());
    let head = |name: &str| tensor(&golden, &format!("tag.{name}"));
    model.head.weight.value = head("weight");
    model.head.bias.as_mut().unwrap().value = head("bias");
    let input = tokens(&golden, "bert");
    let real = &input.mask.clone().reshape([21]);
    let logits = model.forward(&input);
    let rows: Vec<i64> = (0..21).filter(|&i| real[[i]]).map(|i| i as i64).collect();
    let rows = Array::from_fn([rows.len()], |at| rows[at[0]]);
    let theirs = head("logits").reshape([21, 3]).index_select(0, &rows);
    assert_close("logits", &logits, &theirs, 1e-4);
    assert_close("infer", &model.infer(&input), &theirs, 1e-4);
    let labels = integers(&golden, "tag.labels").reshape([21]).index_select(0, &rows);
    let criterion = CrossEntropy::default();
    assert_close("loss", &criterion.forward(&logits, &labels), &head("loss"), 1e-5);
    model.backward(criterion.backward(&Tensor::scalar(1.0), &logits, &labels));
    assert_close("gradient of the head", &model.head.weight.grad, &head("dweight"), 5e-5);
    assert_close("gradient of the tokens", &model.bert.tokens.weight.grad, &head("tokens"), 5e-5);
}

#[test]
fn golden_span_finder() {
    let golden = golden();
    let mut model = SpanFinder::new(encoder(), &mut rng());
    let head = |name: &str| tensor(&golden, &format!("span.{name}"));
    model.head.weight.value = head("weight");
    model.head.bias.as_mut().unwrap().value = head("bias");
    let input = tokens(&golden, "bert");
    let segments = integers(&golden, "span.segments");
    let logits = model.forward(&input, Some(&segments));
    assert_eq!(model.infer(&input, Some(&segments)), logits);
    for (part, name) in ["start", "end"].into_iter().enumerate() {
        let theirs = head(name);
        for (at, real) in input.mask.clone().reshape([21]).iter().enumerate() {
            let (ours, theirs) = (logits[[at / 7, at % 7, part]], theirs[[at / 7, at % 7]]);
            if real {
                assert!((ours - theirs).abs() < 1e-4, "{name} {at}: {ours}, theirs {theirs}");
            } else {
                assert_eq!(ours, f32::NEG_INFINITY, "{name} {at} is padding");
            }
        }
    }
    // Their softmax runs over padding too: the loss is compared by what they call it on real tokens alone, in f64.
    let labels = integers(&golden, "span.labels");
    let criterion = CrossEntropy::default();
    let mut expected = 0.0;
    for (part, name) in ["start", "end"].into_iter().enumerate() {
        for text in 0..3 {
            let row: Vec<f64> =
                (0..7).filter(|&t| input.mask[[text, t]]).map(|t| f64::from(head(name)[[text, t]])).collect();
            let sum: f64 = row.iter().map(|z| z.exp()).sum();
            expected += (sum.ln() - row[labels[[text, part]] as usize]) / 6.0;
        }
    }
    let loss = f64::from(criterion.forward(&logits, &labels).item());
    assert!((loss - expected).abs() < 1e-5, "{loss} for {expected}");
}

#[test]
fn golden_bert_classifier() {
    let golden = golden();
    let head = |name: &str| tensor(&golden, &format!("classify.{name}"));
    let pooler = load_bert(path("ch20_bert/bert"), 0).unwrap().pooler;
    let mut model = BertClassifier::new(encoder(), pooler, Pooling::Cls, 3, 0.0, &mut rng());
    model.head.weight.value = head("weight");
    model.head.bias.as_mut().unwrap().value = head("bias");
    let input = tokens(&golden, "bert");
    let logits = model.forward(&input);
    assert_close("logits", &logits, &head("logits"), 1e-4);
    assert_close("infer", &model.infer(&input), &head("logits"), 1e-4);
    let labels = integers(&golden, "classify.labels");
    let criterion = CrossEntropy::default();
    assert_close("loss", &criterion.forward(&logits, &labels), &head("loss"), 1e-5);
    model.backward(criterion.backward(&Tensor::scalar(1.0), &logits, &labels));
    assert_close("gradient of the head", &model.head.weight.grad, &head("dweight"), 5e-5);
    assert_close("gradient of the tokens", &model.bert.tokens.weight.grad, &head("tokens"), 5e-5);
}

/// What does not fit is named as in the file: a missing name, one too many, another shape; and a configuration that is not
/// a BERT's.
#[test]
fn files_that_do_not_fit_are_refused_by_name() {
    use ch07_modules::safetensors;
    let folder = std::env::temp_dir().join(format!("gradus-ch20-bert-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = std::fs::read_to_string(path("ch20_bert/bert/config.json")).unwrap();
    std::fs::write(folder.join("config.json"), &config).unwrap();
    let (mut tensors, _) = safetensors::read_any(path("ch20_bert/bert/model.safetensors")).unwrap();
    let key = "bert.encoder.layer.1.attention.self.key.weight";
    let weight = tensors.remove(key).unwrap();
    tensors.insert("bert.encoder.layer.2.extra".into(), weight);
    tensors.insert("bert.embeddings.LayerNorm.bias".into(), Tensor::zeros([3]).into());
    safetensors::write_any(folder.join("model.safetensors"), &tensors, &Default::default()).unwrap();
    let error = load_bert(&folder, 0).err().expect("it does not fit").to_string();
    let wanted = "missing: encoder.layer.1.attention.self.key.weight; not in the module: encoder.layer.2.extra; \
                  wrong shapes: embeddings.LayerNorm.bias [3] for [16]";
    assert!(error.ends_with(wanted), "{error}");
    for (from, to, message) in [
        ("\"bert\"", "\"gpt2\"", "its model_type is Some(\"gpt2\")"),
        ("\"gelu\"", "\"swish\"", "its activation is \"swish\""),
        ("\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "16 features do not split into 5 heads"),
        ("\"vocab_size\": 37", "\"vocab_size\": 0", "it has no vocab_size"),
    ] {
        std::fs::write(folder.join("config.json"), config.replace(from, to)).unwrap();
        let error = load_bert(&folder, 0).err().expect("a wrong configuration").to_string();
        assert!(error.contains("config.json") && error.contains(message), "{error}");
    }
    std::fs::remove_file(folder.join("config.json")).unwrap();
    assert!(load_bert(&folder, 0).is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}

/// PyTorch's decoder layer has queries, keys and values of cross-attention in one matrix: the first third are the queries.
#[test]
fn golden_cross_block() {
    let golden = golden();
    for i in 0..2 {
        let case = format!("cross.{i}");
        let get = |name: &str| tensor(&golden, &format!("{case}.{name}"));
        let heads = integers(&golden, &format!("{case}.heads")).item() as usize;
        let real = golden[&format!("{case}.real")].bool().unwrap();
        let (size, inner) = (get("x").dim(2), get("p.mlp.fc1.bias").dim(0));
        let part = |kind: &str, path: &str| {
            let in_proj = |start, length| {
                let name =
                    if path.ends_with("weight") { "cross.in_proj.weight" } else { "cross.in_proj.bias" };
                get(&format!("{kind}.{name}")).narrow(0, start, length).contiguous()
            };
            match path.strip_prefix("cross.") {
                Some(rest) if rest.starts_with("q.") => in_proj(0, size),
                Some(rest) if rest.starts_with("kv.") => in_proj(size, 2 * size),
                _ => get(&format!("{kind}.{path}")),
            }
        };
        let mut block = CrossBlock::new(size, heads, inner, 0.0, &mut rng());
        for_each_param(&mut block, |path, param| param.value = part("p", &path.to_string()));
        let infer = block.infer(get("x"), get("memory"), Some(&real));
        assert_close(&format!("{case}, infer"), &infer, &get("y"), 5e-5);
        let y = block.forward(get("x"), get("memory"), Some(&real));
        assert_close(&format!("{case}, forward"), &y, &get("y"), 5e-5);
        let (dx, dmemory) = block.backward(get("grad"));
        assert_close(&format!("{case}, input gradient"), &dx, &get("dx"), 5e-5);
        assert_close(&format!("{case}, gradient of the memory"), &dmemory, &get("dmemory"), 5e-5);
        for_each_param(&mut block, |path, param| {
            let theirs = part("dp", &path.to_string());
            assert_close(&format!("{case}, gradient of {path}"), &param.grad, &theirs, 5e-5);
        });
    }
}

/// `nn.Transformer` with its own first weights made larger, and a tied table of target tokens.
#[test]
fn golden_encoder_decoder() {
    let golden = golden();
    let get = |name: &str| tensor(&golden, &format!("translate.{name}"));
    let encoder = EncoderConfig {
        vocabulary: 9,
        max_tokens: 8,
        size: 8,
        heads: 2,
        layers: 2,
        feed_forward: 12,
        dropout: 0.0,
        ..EncoderConfig::default()
    };
    let mut model = EncoderDecoder::new(&EncoderDecoderConfig { encoder, target_vocabulary: 11 }, &mut rng());
    let part = |kind: &str, path: &str| {
        let whole = |start: usize, length: usize, path: &str| {
            let path = path.replace("cross.kv", "cross.q").replace("cross.q", "cross.in_proj");
            get(&format!("{kind}.{path}")).narrow(0, start, length).contiguous()
        };
        match path {
            path if path.contains("cross.q.") => whole(0, 8, path),
            path if path.contains("cross.kv.") => whole(8, 16, path),
            path => get(&format!("{kind}.{path}")),
        }
    };
    for_each_param(&mut model, |path, param| param.value = part("p", &path.to_string()));
    let side = |name: &str| Tokens {
        ids: integers(&golden, &format!("translate.{name}")),
        mask: golden[&format!("translate.{name}_real")].bool().unwrap(),
    };
    let input = Pairs { source: side("source"), target: side("target") };
    let logits = model.forward(&input);
    assert_close("logits", &logits, &get("logits"), 1e-4);
    assert_close("infer", &model.infer(&input), &logits, 1e-5);
    model.backward(get("grad"));
    for_each_param(&mut model, |path, param| {
        let theirs = part("dp", &path.to_string());
        assert_close(&format!("gradient of {path}"), &param.grad, &theirs, 1e-4);
    });
}
