//! Values and gradients of the decoder side against PyTorch's (made by tests/golden/make_ch20_gpt.py).
//!
//! The tolerances are those of the encoder's.

use std::path::{Path, PathBuf};

use ch01_tensors::npz;
use ch03_neurons::Activation;
use ch05_backprop::{Layer, assert_close, assert_golden};
use ch20_transformer::{FeedForward, SwiGlu};

use super::{Golden, rng, tensor};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

fn golden() -> Golden {
    npz::read(&folder().join("ch20_gpt.npz")).unwrap()
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
