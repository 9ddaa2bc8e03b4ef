//! Values and gradients against PyTorch's (made by tests/golden/make_ch20.py).
//!
//! Both sides compute in f32, in different orders. Single layers sum a few dozen terms of order 1: 1e-5 absolute plus
//! relative leaves room for a hundred roundings. Blocks and encoders chain up to three blocks with norms, which divide by
//! spreads below 1: 5e-5.

#[path = "decoder/golden.rs"]
mod decoder;

#[path = "decoder/published.rs"]
mod published;

#[path = "bert/golden.rs"]
mod bert;

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::npz;
use ch01_tensors::{Rng, Tensor};
use ch05_backprop::{Layer, Module, assert_close, assert_golden, for_each_param};
use ch13_data::Tokens;
use ch19_attention::Mask;
use ch20_transformer::{Block, EncoderClassifier, EncoderConfig, FeedForward, Pooling};

type Golden = BTreeMap<String, NpyArray>;

fn golden() -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch20.npz");
    npz::read(&path).unwrap()
}

fn tensor(golden: &Golden, name: &str) -> Tensor {
    golden.get(name).unwrap_or_else(|| panic!("no golden entry {name}")).f32().unwrap()
}

/// Gives a module PyTorch's parameters.
fn load(golden: &Golden, case: &str, module: &mut dyn Module) {
    for_each_param(module, |path, param| param.value = tensor(golden, &format!("{case}.p.{path}")));
}

fn assert_gradients(golden: &Golden, case: &str, module: &mut dyn Module, tolerance: f64) {
    for_each_param(module, |path, param| {
        let theirs = tensor(golden, &format!("{case}.dp.{path}"));
        assert_close(&format!("{case}, gradient of {path}"), &param.grad, &theirs, tolerance);
    });
}

fn rng() -> Rng {
    Rng::new(0, "replaced by PyTorch's weights")
}

#[test]
fn golden_feed_forward() {
    let golden = golden();
    let get = |name: &str| tensor(&golden, &format!("mlp.0.{name}"));
    let mut layer = FeedForward::new(5, 7, &mut rng());
    assert_golden("mlp.0", &mut layer, 1e-5, get);
    assert_close("infer", &layer.infer(get("x")), &get("y"), 1e-5);
}

#[test]
fn golden_block() {
    let golden = golden();
    for i in 0..4 {
        let case = format!("block.{i}");
        let get = |name: &str| tensor(&golden, &format!("{case}.{name}"));
        let heads = golden[&format!("{case}.heads")].i64().unwrap().item() as usize;
        let causal = golden[&format!("{case}.causal")].bool().unwrap().item();
        let real = golden.get(&format!("{case}.real")).map(|real| real.bool().unwrap());
        let mask = Mask { causal, padding: real.as_ref() };
        let (size, inner) = (get("x").dim(2), get("p.mlp.fc1.bias").dim(0));
        let mut block = Block::new(size, heads, inner, 0.0, &mut rng());
        load(&golden, &case, &mut block);
        assert_close(&format!("{case}, infer"), &block.infer(get("x"), &mask), &get("y"), 5e-5);
        assert_close(&format!("{case}, forward"), &block.forward(get("x"), &mask), &get("y"), 5e-5);
        assert_close(&format!("{case}, input gradient"), &block.backward(get("grad")), &get("dx"), 5e-5);
        assert_gradients(&golden, &case, &mut block, 5e-5);
    }
}

/// The whole model, and the encoder in it.
#[test]
fn golden_encoder_classifier() {
    let golden = golden();
    for (i, pooling) in [Pooling::Mean, Pooling::Cls, Pooling::Mean].into_iter().enumerate() {
        let case = format!("encoder.{i}");
        let get = |name: &str| tensor(&golden, &format!("{case}.{name}"));
        let sizes = golden[&format!("{case}.sizes")].i64().unwrap();
        let at = |index: usize| sizes[[index]] as usize;
        let config = EncoderConfig {
            vocabulary: 11,
            max_tokens: 9,
            size: at(0),
            heads: at(1),
            layers: at(3),
            feed_forward: at(2),
            dropout: 0.0,
            init_std: 0.02,
            classes: 3,
            pooling,
        };
        let mut model = EncoderClassifier::new(&config, &mut rng());
        load(&golden, &case, &mut model);
        let input = Tokens {
            ids: golden[&format!("{case}.ids")].i64().unwrap(),
            mask: golden[&format!("{case}.real")].bool().unwrap(),
        };
        assert_close(&format!("{case}, infer"), &model.infer(&input), &get("y"), 5e-5);
        assert_close(&format!("{case}, forward"), &model.forward(&input), &get("y"), 5e-5);
        model.backward(get("grad"));
        assert_gradients(&golden, &case, &mut model, 5e-5);
    }
}
