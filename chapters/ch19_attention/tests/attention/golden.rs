//! Values and gradients against PyTorch's (made by tests/golden/make_ch19.py).
//!
//! Both sides compute in f32, in different orders. Sums here have at most a few dozen terms of order 1, each rounded to
//! 2^-24: 1e-5 absolute plus relative leaves room for a hundred roundings.

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::npz;
use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, assert_close, assert_golden, for_each_param};
use ch19_attention::{
    LearnedPositions, Mask, MultiHeadAttention, merge_heads, scaled_dot_product, scaled_dot_product_backward,
    self_attention, self_attention_backward, sinusoidal_positions, split_heads,
};

pub type Golden = BTreeMap<String, NpyArray>;

pub fn golden() -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch19.npz");
    npz::read(&path).unwrap()
}

pub fn tensor(golden: &Golden, name: &str) -> Tensor {
    golden.get(name).unwrap_or_else(|| panic!("no golden entry {name}")).f32().unwrap()
}

pub fn real(golden: &Golden, case: &str) -> Option<Array<bool>> {
    golden.get(&format!("{case}.real")).map(|real| real.bool().unwrap())
}

pub fn causal(golden: &Golden, case: &str) -> bool {
    golden[&format!("{case}.causal")].bool().unwrap().item()
}

#[test]
fn golden_scaled_dot_product() {
    let golden = golden();
    for i in 0..6 {
        let case = format!("sdp.{i}");
        let get = |name: &str| tensor(&golden, &format!("{case}.{name}"));
        let real = real(&golden, &case);
        let mask = Mask { causal: causal(&golden, &case), padding: real.as_ref() };
        let [q, k, v] = ["q", "k", "v"].map(get);
        assert_close(&case, &scaled_dot_product(&q, &k, &v, &mask), &get("y"), 1e-5);
        let gradients = scaled_dot_product_backward(&get("grad"), &q, &k, &v, &mask);
        for (name, ours) in ["dq", "dk", "dv"].iter().zip(&gradients) {
            assert_close(&format!("{case}, {name}"), ours, &get(name), 1e-5);
        }
    }
}

/// The cases with as many queries as keys, packed as self-attention takes them.
#[test]
fn golden_self_attention() {
    let golden = golden();
    let mut cases = 0;
    for i in 0..6 {
        let case = format!("sdp.{i}");
        let get = |name: &str| tensor(&golden, &format!("{case}.{name}"));
        let [q, k, v] = ["q", "k", "v"].map(get);
        if q.shape() != k.shape() || k.shape() != v.shape() {
            continue;
        }
        cases += 1;
        let heads = q.dim(1);
        let real = real(&golden, &case);
        let mask = Mask { causal: causal(&golden, &case), padding: real.as_ref() };
        let pack = |parts: [Tensor; 3]| {
            let [a, b, c] = parts.map(merge_heads);
            Array::concat(&[&a, &b, &c], 2)
        };
        let qkv = pack([q, k, v]);
        let attended = self_attention(&qkv, heads, &mask);
        let output = attended.output.clone();
        assert_close(&case, &split_heads(output, heads).contiguous(), &get("y"), 1e-5);
        let grad = merge_heads(get("grad"));
        let ours = self_attention_backward(&grad, &qkv, &attended, heads, &mask);
        assert_close(&format!("{case}, gradient"), &ours, &pack(["dq", "dk", "dv"].map(get)), 1e-5);
    }
    assert_eq!(cases, 4, "cases of self-attention among the golden ones");
}

#[test]
fn golden_multi_head_attention() {
    let golden = golden();
    for i in 0..6 {
        let case = format!("mha.{i}");
        let get = |name: &str| tensor(&golden, &format!("{case}.{name}"));
        let heads = golden[&format!("{case}.heads")].i64().unwrap().item() as usize;
        let x = get("x");
        let mut layer = MultiHeadAttention::new(x.dim(2), heads, &mut Rng::new(0, "replaced by PyTorch's"));
        for_each_param(&mut layer, |path, param| param.value = get(&format!("p.{path}")));
        let real = real(&golden, &case);
        let mask = Mask { causal: causal(&golden, &case), padding: real.as_ref() };
        assert_close(&format!("{case}, weights"), &layer.weights(x.clone(), &mask), &get("weights"), 1e-5);
        assert_close(&format!("{case}, infer"), &layer.infer(x.clone(), &mask), &get("y"), 1e-5);
        assert_close(&format!("{case}, forward"), &layer.forward(x, &mask), &get("y"), 1e-5);
        assert_close(&format!("{case}, input gradient"), &layer.backward(get("grad")), &get("dx"), 1e-5);
        for_each_param(&mut layer, |path, param| {
            assert_close(
                &format!("{case}, gradient of {path}"),
                &param.grad,
                &get(&format!("dp.{path}")),
                1e-5,
            );
        });
    }
}

#[test]
fn golden_sinusoidal_positions() {
    let golden = golden();
    for i in 0..4 {
        let theirs = golden[&format!("sinusoidal.{i}.table")].f64().unwrap();
        let ours = sinusoidal_positions::<f64>(theirs.dim(0), theirs.dim(1));
        // In f64 on both sides; angles of up to 40 radians.
        let off = ours.iter().zip(theirs.iter()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off < 1e-12, "case {i}: off by {off}");
    }
}

#[test]
fn golden_learned_positions() {
    let golden = golden();
    let get = |name: &str| tensor(&golden, &format!("positions.0.{name}"));
    let mut layer = LearnedPositions::from_parts(get("p.weight"));
    assert_golden("positions", &mut layer, 1e-5, get);
    assert_close("infer", &layer.infer(get("x")), &get("y"), 1e-5);
}
