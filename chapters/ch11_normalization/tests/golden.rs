//! Values and gradients against PyTorch's (made by tests/golden/make_ch11.py).
//!
//! Both sides compute in f32, in different orders. A normalised number is of order 1 and carries the rounding of its row's
//! mean and variance, a few 2^-24 times the ratio of mean to spread (10 in one case here): 2e-5 absolute plus relative
//! leaves a factor of ten. A gradient is scaled by `r`, up to 10 here; its tolerance grows with its own size.

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::{Tensor, npz};
use ch05_backprop::Layer;
use ch11_normalization::{BatchNorm2d, LayerNorm};

type Golden = BTreeMap<String, NpyArray>;

fn golden() -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch11.npz");
    npz::read(&path).unwrap()
}

fn entry<'a>(golden: &'a Golden, name: &str) -> &'a NpyArray {
    golden.get(name).unwrap_or_else(|| panic!("no golden entry {name}"))
}

fn number(golden: &Golden, name: &str) -> f64 {
    entry(golden, name).f64().unwrap().item()
}

#[track_caller]
fn assert_close(what: &str, ours: &Tensor, theirs: &Tensor) {
    assert_eq!(ours.shape(), theirs.shape(), "{what}: shapes");
    let size = theirs.iter().fold(0f32, |size, x| size.max(x.abs())).max(1.0);
    for (i, (a, b)) in ours.iter().zip(theirs.iter()).enumerate() {
        assert!((a - b).abs() <= 2e-5 * size, "{what}, element {i}: ours {a}, PyTorch's {b}");
    }
}

#[test]
fn golden_layer_norm() {
    let golden = golden();
    let cases = (0..7).map(|i| i.to_string()).chain(["constant".to_owned()]);
    for case in cases.map(|case| format!("layer_norm.{case}")) {
        let get = |name: &str| entry(&golden, &format!("{case}.{name}")).f32().unwrap();
        let eps = number(&golden, &format!("{case}.eps"));
        let mut layer = LayerNorm::from_parts(get("p.weight"), get("p.bias"), eps);
        assert_close(&format!("{case}, infer"), &layer.infer(get("x")), &get("y"));
        assert_close(&format!("{case}, forward"), &layer.forward(get("x")), &get("y"));
        assert_close(&format!("{case}, input gradient"), &layer.backward(get("grad")), &get("dx"));
        assert_close(&format!("{case}, gradient of the gain"), &layer.weight.grad, &get("dp.weight"));
        assert_close(&format!("{case}, gradient of the shift"), &layer.bias.grad, &get("dp.bias"));
    }
}

#[test]
fn golden_batch_norm2d() {
    let golden = golden();
    for case in (0..5).map(|i| format!("batch_norm2d.{i}")) {
        let get = |name: &str| entry(&golden, &format!("{case}.{name}")).f32().unwrap();
        let (weight, bias) = (get("0.p.weight"), get("0.p.bias"));
        let mut layer = BatchNorm2d::<f32>::new(weight.size());
        (layer.weight.value, layer.bias.value) = (weight, bias);
        layer.eps = number(&golden, &format!("{case}.eps"));
        layer.momentum = number(&golden, &format!("{case}.momentum"));
        for step in 0..2 {
            let get = |name: &str| get(&format!("{step}.{name}"));
            let what = |name: &str| format!("{case}.{step}, {name}");
            layer.weight.zero_grad();
            layer.bias.zero_grad();
            assert_close(&what("forward"), &layer.forward(get("x")), &get("y"));
            assert_close(&what("running mean"), &layer.running_mean, &get("running_mean"));
            assert_close(&what("running variance"), &layer.running_var, &get("running_var"));
            assert_close(&what("input gradient"), &layer.backward(get("grad")), &get("dx"));
            assert_close(&what("gradient of the gain"), &layer.weight.grad, &get("dp.weight"));
            assert_close(&what("gradient of the shift"), &layer.bias.grad, &get("dp.bias"));
        }
        assert_close(&format!("{case}, infer"), &layer.infer(get("infer.x")), &get("infer.y"));
    }
}
