//! The other kinds of attention against PyTorch's values and gradients (made by tests/golden/make_ch19.py).
//!
//! Both sides compute in f32, in different orders. Sums here have at most a few dozen terms of order 1, each rounded to
//! 2^-24: 1e-5 absolute plus relative leaves room for a hundred roundings.

use ch01_tensors::{Array, Tensor};
use ch05_backprop::{Linear, Module, assert_close, for_each_param};
use ch19_attention::{
    AttentionOptions, BlockPattern, CrossAttention, GroupedQueryAttention, Mask, Rotary, RotaryLayout,
    RotaryScaling, alibi_slopes, attention, attention_backward, flash_attention, flash_attention_backward,
    linear_attention, linear_attention_backward,
};

use crate::golden::{Golden, causal, golden, real, tensor};

/// A case of `F.scaled_dot_product_attention` with everything, ready to be run by both implementations.
fn each_case(golden: &Golden, run: impl Fn(&str, &dyn Fn(&str) -> Tensor, &AttentionOptions<'_>)) {
    for i in 0..6 {
        let case = format!("attn.{i}");
        let get = |name: &str| tensor(golden, &format!("{case}.{name}"));
        let numbers = golden[&format!("{case}.numbers")].f64().unwrap().to_vec();
        let real = real(golden, &case);
        let bias = golden.contains_key(&format!("{case}.bias")).then(|| get("bias"));
        let slopes = (numbers[2] > 0.0).then(|| alibi_slopes(get("q").dim(1)));
        let options = AttentionOptions {
            mask: Mask { causal: causal(golden, &case), padding: real.as_ref() },
            offset: numbers[0] as usize,
            window: (numbers[1] > 0.0).then_some(numbers[1] as usize),
            bias: bias.as_ref(),
            slopes: slopes.as_ref(),
            scale: (numbers[3] > 0.0).then_some(numbers[3]),
            ..Default::default()
        };
        run(&case, &get, &options);
    }
}

#[test]
fn golden_attention() {
    let golden = golden();
    each_case(&golden, |case, get, options| {
        let [q, k, v] = ["q", "k", "v"].map(get);
        assert_close(case, &attention(&q, &k, &v, options), &get("y"), 1e-5);
        let ours = attention_backward(&get("grad"), &q, &k, &v, options);
        for (name, ours) in [("dq", &ours.q), ("dk", &ours.k), ("dv", &ours.v)] {
            assert_close(&format!("{case}, {name}"), ours, &get(name), 1e-5);
        }
        assert_eq!(ours.bias.is_some(), options.bias.is_some());
        if let Some(bias) = ours.bias {
            assert_close(&format!("{case}, bias"), &bias, &get("dbias"), 1e-5);
        }
    });
}

#[test]
fn golden_flash_attention() {
    let golden = golden();
    each_case(&golden, |case, get, options| {
        let [q, k, v] = ["q", "k", "v"].map(get);
        let attended = flash_attention(&q, &k, &v, options);
        assert_close(case, &attended.output, &get("y"), 1e-5);
        let ours = flash_attention_backward(&get("grad"), &q, &k, &v, &attended, options);
        for (name, ours) in ["dq", "dk", "dv"].iter().zip(&ours) {
            assert_close(&format!("{case}, {name}"), ours, &get(name), 1e-5);
        }
    });
}

/// A pattern of blocks, as PyTorch's mask of its table.
#[test]
fn golden_attention_in_blocks() {
    let golden = golden();
    let get = |name: &str| tensor(&golden, &format!("blocks.0.{name}"));
    let blocks = golden["blocks.0.blocks"].bool().unwrap();
    let pattern = BlockPattern::from_fn(4, 3, |i, j| blocks[[i, j]]);
    let options = AttentionOptions { blocks: Some(&pattern), ..Default::default() };
    let [q, k, v] = ["q", "k", "v"].map(get);
    assert_close("plain", &attention(&q, &k, &v, &options), &get("y"), 1e-5);
    let attended = flash_attention(&q, &k, &v, &options);
    assert_close("tiles", &attended.output, &get("y"), 1e-5);
    let ours = flash_attention_backward(&get("grad"), &q, &k, &v, &attended, &options);
    for (name, ours) in ["dq", "dk", "dv"].iter().zip(&ours) {
        assert_close(name, ours, &get(name), 1e-5);
    }
}

#[test]
fn golden_linear_attention() {
    let golden = golden();
    for i in 0..3 {
        let case = format!("linear.{i}");
        let get = |name: &str| tensor(&golden, &format!("{case}.{name}"));
        let real = real(&golden, &case);
        let mask = Mask { causal: causal(&golden, &case), padding: real.as_ref() };
        let [q, k, v] = ["q", "k", "v"].map(get);
        assert_close(&case, &linear_attention(&q, &k, &v, &mask), &get("y"), 1e-5);
        let ours = linear_attention_backward(&get("grad"), &q, &k, &v, &mask);
        for (name, ours) in ["dq", "dk", "dv"].iter().zip(&ours) {
            assert_close(&format!("{case}, {name}"), ours, &get(name), 1e-5);
        }
    }
}

/// The gradients of all parameters against those of the file.
fn assert_parameters(case: &str, layer: &mut dyn Module<f32>, get: &dyn Fn(&str) -> Tensor) {
    for_each_param(layer, |path, param| {
        let what = format!("{case}, gradient of {path}");
        assert_close(&what, &param.grad, &get(&format!("dp.{path}")), 1e-5);
    });
}

#[test]
fn golden_cross_attention() {
    let golden = golden();
    for i in 0..3 {
        let case = format!("cross.{i}");
        let get = |name: &str| tensor(&golden, &format!("{case}.{name}"));
        let heads = golden[&format!("{case}.heads")].i64().unwrap().item() as usize;
        let [q, kv, output] = ["q", "kv", "output"].map(|name| {
            Linear::from_parts(get(&format!("p.{name}.weight")), Some(get(&format!("p.{name}.bias"))))
        });
        let mut layer = CrossAttention::from_parts(q, kv, output, heads);
        let real = real(&golden, &case);
        let (x, memory) = (get("x"), get("memory"));
        let weights = layer.weights(x.clone(), memory.clone(), real.as_ref());
        assert_close(&format!("{case}, weights"), &weights, &get("weights"), 1e-5);
        assert_close(&case, &layer.infer(x.clone(), memory.clone(), real.as_ref()), &get("y"), 1e-5);
        assert_close(&case, &layer.forward(x, memory, real.as_ref()), &get("y"), 1e-5);
        let (dx, dmemory) = layer.backward(get("grad"));
        assert_close(&format!("{case}, input"), &dx, &get("dx"), 1e-5);
        assert_close(&format!("{case}, memory"), &dmemory, &get("dmemory"), 1e-5);
        assert_parameters(&case, &mut layer, &get);
    }
}

#[test]
fn golden_grouped_query_attention() {
    let golden = golden();
    for i in 0..3 {
        let case = format!("gqa.{i}");
        let get = |name: &str| tensor(&golden, &format!("{case}.{name}"));
        let heads = golden[&format!("{case}.heads")].i64().unwrap().to_vec();
        let base = golden[&format!("{case}.base")].f64().unwrap().item();
        let linears =
            ["q", "k", "v", "output"].map(|name| Linear::from_parts(get(&format!("p.{name}.weight")), None));
        let layer = GroupedQueryAttention::from_parts(linears, heads[0] as usize, heads[1] as usize);
        let rotary = Rotary::new(layer.head_size(), base);
        let mut layer = layer.with_rotary(rotary);
        let real = real(&golden, &case);
        let mask = Mask { causal: true, padding: real.as_ref() };
        assert_close(&case, &layer.infer(get("x"), &mask), &get("y"), 1e-5);
        assert_close(&case, &layer.forward(get("x"), &mask), &get("y"), 1e-5);
        assert_close(&format!("{case}, input"), &layer.backward(get("grad")), &get("dx"), 1e-5);
        assert_parameters(&case, &mut layer, &get);
    }
}

/// Both sides in f64 where a table is compared.
#[track_caller]
fn assert_same(what: &str, ours: &[f64], theirs: &Array<f64>) {
    assert_eq!(ours.len(), theirs.size(), "{what}");
    for (a, b) in ours.iter().zip(theirs.iter()) {
        assert!((a - b).abs() <= 1e-14 * b.abs(), "{what}: {a} and {b}");
    }
}

#[test]
fn golden_rotary() {
    let golden = golden();
    for i in 0..2 {
        let numbers = golden[&format!("rotary.{i}.numbers")].f64().unwrap().to_vec();
        let &[size, base, factor, low, high, trained] = &numbers[..] else { panic!("six numbers") };
        let scaling = RotaryScaling::Llama3 { factor, low, high, trained };
        let theirs = golden[&format!("rotary.{i}.frequencies")].f64().unwrap();
        assert_same("llama3", Rotary::scaled(size as usize, base, scaling).frequencies(), &theirs);
    }
    let get = |name: &str| tensor(&golden, &format!("rotary.pairs.{name}"));
    let rotary = Rotary::new(8, 100.0).with_layout(RotaryLayout::Interleaved);
    assert_close("complex numbers", &rotary.apply(get("x"), 3), &get("y"), 1e-6);
}

#[test]
fn golden_alibi_slopes() {
    let golden = golden();
    for i in 0..6 {
        let theirs = golden[&format!("alibi.{i}.slopes")].f64().unwrap();
        assert_same("slopes", &alibi_slopes::<f64>(theirs.size()).to_vec(), &theirs);
    }
}
