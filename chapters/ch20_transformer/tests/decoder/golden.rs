//! Values and gradients of the decoder side against PyTorch's (made by tests/golden/make_ch20_gpt.py).
//!
//! The tolerances are those of the encoder's.

use std::path::{Path, PathBuf};

use ch01_tensors::Array;
use ch01_tensors::npz;
use ch03_neurons::Activation;
use ch05_backprop::{Layer, assert_close, assert_golden};
use ch20_transformer::{FeedForward, Gpt, GptConfig, Sampling, SwiGlu, tied_logits};

use super::{Golden, assert_gradients, load, rng, tensor};

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

pub fn golden() -> Golden {
    npz::read(folder().join("ch20_gpt.npz")).unwrap()
}

#[test]
fn golden_feed_forward_with_other_activations() {
    let golden = golden();
    for (i, kind) in [Activation::Relu, Activation::GeluTanh].into_iter().enumerate() {
        let get = |name: &str| tensor(&golden, &format!("mlp.{i}.{name}"));
        let mut layer = FeedForward::new(5, 7, &mut rng()).with_activation(kind);
        assert_golden(&format!("{kind:?}"), &mut layer, 1e-5, get);
        assert_close("infer", &layer.infer(get("x")), &get("y"), 1e-5);
    }
}

#[test]
fn golden_swi_glu() {
    let golden = golden();
    let get = |name: &str| tensor(&golden, &format!("swiglu.0.{name}"));
    let mut layer = SwiGlu::new(5, 7, &mut rng());
    assert_golden("swiglu", &mut layer, 1e-5, get);
    assert_close("infer", &layer.infer(get("x")), &get("y"), 1e-5);
}

pub fn ids(golden: &Golden, name: &str) -> Array<i64> {
    golden[name].i64().unwrap()
}

/// `F.linear(hidden, emb.weight)` of PyTorch's GPT below is this head: its gradients are those of the table there.
#[test]
fn golden_gpt_and_tied_logits() {
    let golden = golden();
    for i in 0..2 {
        let case = format!("gpt.{i}");
        let get = |name: &str| tensor(&golden, &format!("{case}.{name}"));
        let sizes = ids(&golden, &format!("{case}.sizes"));
        let at = |index: usize| sizes[[index]] as usize;
        let config = GptConfig {
            vocabulary: 11,
            max_tokens: 7,
            size: at(0),
            heads: at(1),
            feed_forward: at(2),
            layers: at(3),
            ..GptConfig::default()
        };
        let mut model = Gpt::new(&config, &mut rng());
        load(&golden, &case, &mut model);
        let ids = ids(&golden, &format!("{case}.ids"));
        let flat = |x: ch01_tensors::Tensor| x.reshape([ids.size(), 11]);
        assert_close(&format!("{case}, infer"), &model.infer(&ids), &flat(get("y")), 5e-5);
        assert_close(&format!("{case}, forward"), &model.forward(&ids), &flat(get("y")), 5e-5);
        model.backward(flat(get("grad")));
        assert_gradients(&golden, &case, &mut model, 5e-5);
        // A head alone: the identity as vectors gives the table.
        let table = &model.embedding.weight.value;
        let eye = Array::from_fn([at(0), at(0)], |i| f32::from(u8::from(i[0] == i[1])));
        assert_close("head", &tied_logits(&eye, table), &get("p.embedding.weight").t().contiguous(), 0.0);
    }
}

/// Ours compute in f64 from f32 logits, theirs in f32.
#[test]
fn golden_sampling() {
    let golden = golden();
    let logits = tensor(&golden, "sampling.logits");
    let kinds = golden["sampling.kinds"].f64().unwrap();
    for i in 0..kinds.dim(0) {
        let [temperature, k, p] = [0, 1, 2].map(|at| kinds[[i, at]]);
        let sampling =
            Sampling { temperature, top_k: (k > 0.0).then_some(k as usize), top_p: (p < 1.0).then_some(p) };
        let found = sampling.probabilities(logits.data());
        let found = ch01_tensors::Tensor::from_fn([found.len()], |at| found[at[0]] as f32);
        assert_close(&format!("{sampling:?}"), &found, &tensor(&golden, &format!("sampling.{i}.p")), 1e-6);
    }
}
