//! Values and gradients against PyTorch's (made by tests/golden/make_ch11.py).
//!
//! Both sides compute in f32, in different orders. A normalised number is of order 1 and carries the rounding of its row's
//! mean and variance, a few 2^-24 times the ratio of mean to spread (10 in one case here): 2e-5 absolute plus relative
//! leaves a factor of ten. A gradient is scaled by `r`, up to 10 here; its tolerance grows with its own size.
//!
//! Cases in f64 are compared twice. In f64, with sums of at most a hundred terms: 1e-12 is a thousand times their rounding.
//! And in f32, with inputs rounded: 2e-5 as above.

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::{Array, Float, Tensor, npz};
use ch05_backprop::{Layer, assert_close as close, for_each_param};
use ch11_normalization::{
    BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm, LayerNorm, RmsNorm, WeightNormLinear, weight_norm,
    weight_norm_backward,
};

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

fn wide(golden: &Golden, name: &str) -> Array<f64> {
    entry(golden, name).f64().unwrap()
}

const IN_F64: f64 = 1e-12;
const IN_F32: f64 = 2e-5;

/// One layer, in either precision, against a case in f64.
fn against<T: Float>(
    golden: &Golden,
    case: &str,
    layer: &mut dyn Layer<T>,
    to: fn(&Array<f64>) -> Array<T>,
    tol: f64,
) {
    let get = |name: &str| wide(golden, &format!("{case}.{name}"));
    for_each_param(layer, |path, param| param.value = to(&get(&format!("p.{path}"))));
    close(&format!("{case}, infer"), &layer.infer(to(&get("x"))), &get("y"), tol);
    close(&format!("{case}, forward"), &layer.forward(to(&get("x"))), &get("y"), tol);
    close(&format!("{case}, input gradient"), &layer.backward(to(&get("grad"))), &get("dx"), tol);
    for_each_param(layer, |path, param| {
        close(&format!("{case}, gradient of {path}"), &param.grad, &get(&format!("dp.{path}")), tol);
    });
}

fn both(golden: &Golden, case: &str, plain: &mut dyn Layer<f64>, fast: &mut dyn Layer<f32>) {
    against(golden, case, plain, Array::clone, IN_F64);
    against(golden, case, fast, Array::to_f32, IN_F32);
}

/// The cases of one kind, and how many there must be.
fn cases(golden: &Golden, kind: &str, count: usize) -> Vec<String> {
    let all = entry(golden, "cases64").text().unwrap();
    let of_kind: Vec<String> = all
        .into_iter()
        .filter(|case| case.strip_prefix(kind).is_some_and(|rest| rest.starts_with('.')))
        .collect();
    assert_eq!(of_kind.len(), count, "{kind}");
    of_kind
}

fn is_true(golden: &Golden, name: &str) -> bool {
    entry(golden, name).bool().unwrap().item()
}

#[test]
fn golden_layer_norm_in_f64() {
    let golden = golden();
    for case in cases(&golden, "layer_norm64", 3) {
        let size = wide(&golden, &format!("{case}.p.weight")).size();
        let eps = number(&golden, &format!("{case}.eps"));
        let mut fast = LayerNorm::new(size);
        fast.eps = eps;
        both(&golden, &case, &mut fast.to_f64(), &mut fast);
    }
}

#[test]
fn golden_rms_norm() {
    let golden = golden();
    for case in cases(&golden, "rms_norm", 5) {
        let size = wide(&golden, &format!("{case}.p.weight")).size();
        let mut fast = RmsNorm::from_parts(Tensor::ones([size]), number(&golden, &format!("{case}.eps")));
        both(&golden, &case, &mut fast.to_f64(), &mut fast);
    }
}

#[test]
fn golden_group_norm() {
    let golden = golden();
    for case in cases(&golden, "group_norm", 6) {
        let groups = entry(&golden, &format!("{case}.groups")).i64().unwrap().item() as usize;
        let channels = wide(&golden, &format!("{case}.x")).dim(1);
        let affine = is_true(&golden, &format!("{case}.affine"));
        let mut fast: GroupNorm = if affine {
            GroupNorm::new(groups, channels)
        } else {
            GroupNorm::without_affine(groups, channels)
        };
        fast.eps = number(&golden, &format!("{case}.eps"));
        both(&golden, &case, &mut fast.to_f64(), &mut fast);
    }
}

#[test]
fn golden_instance_norm() {
    let golden = golden();
    for case in cases(&golden, "instance_norm", 4) {
        let channels = wide(&golden, &format!("{case}.x")).dim(1);
        let affine = is_true(&golden, &format!("{case}.affine"));
        let mut fast: InstanceNorm =
            if affine { InstanceNorm::with_affine(channels) } else { InstanceNorm::new(channels) };
        both(&golden, &case, &mut fast.to_f64(), &mut fast);
    }
}

#[test]
fn golden_weight_norm() {
    let golden = golden();
    for case in (0..4).map(|i| format!("weight_norm.{i}")) {
        let get = |name: &str| wide(&golden, &format!("{case}.{name}"));
        close(&case, &weight_norm(&get("v"), &get("g")), &get("w"), IN_F64);
        let [dv, dg] = weight_norm_backward(get("grad"), &get("v"), &get("g"));
        close(&format!("{case}, v"), &dv, &get("dv"), IN_F64);
        close(&format!("{case}, g"), &dg, &get("dg"), IN_F64);
        let narrow = |name: &str| get(name).to_f32();
        close(&case, &weight_norm(&narrow("v"), &narrow("g")), &get("w"), IN_F32);
        let [dv, dg] = weight_norm_backward(narrow("grad"), &narrow("v"), &narrow("g"));
        close(&format!("{case}, v"), &dv, &get("dv"), IN_F32);
        close(&format!("{case}, g"), &dg, &get("dg"), IN_F32);
    }
}

#[test]
fn golden_weight_norm_linear() {
    let golden = golden();
    for case in cases(&golden, "weight_norm_linear", 3) {
        let v = wide(&golden, &format!("{case}.p.weight_v"));
        let bias = golden.contains_key(&format!("{case}.p.bias"));
        let linear = ch05_backprop::Linear::from_parts(v.to_f32(), bias.then(|| Tensor::zeros([v.dim(0)])));
        let mut fast = WeightNormLinear::from_linear(linear);
        both(&golden, &case, &mut fast.to_f64(), &mut fast);
    }
}

/// Two training steps and a use of a BatchNorm, with its running statistics after each step.
fn steps<T: Float, L: Layer<T>>(
    golden: &Golden,
    case: &str,
    mut layer: L,
    to: fn(&Array<f64>) -> Array<T>,
    tol: f64,
) {
    for step in 0..2 {
        for_each_param(&mut layer, |_, param| param.zero_grad());
        let case = format!("{case}.{step}");
        let get = |name: &str| wide(golden, &format!("{case}.{name}"));
        for_each_param(&mut layer, |path, param| param.value = to(&get(&format!("p.{path}"))));
        close(&format!("{case}, forward"), &layer.forward(to(&get("x"))), &get("y"), tol);
        close(&format!("{case}, input gradient"), &layer.backward(to(&get("grad"))), &get("dx"), tol);
        for (name, value) in ch07_modules::state_dict(&mut layer) {
            if name.starts_with("running") {
                close(&format!("{case}, {name}"), &value, &get(&name), tol);
            }
        }
        for_each_param(&mut layer, |path, param| {
            close(&format!("{case}, gradient of {path}"), &param.grad, &get(&format!("dp.{path}")), tol);
        });
    }
    let get = |name: &str| wide(golden, &format!("{case}.infer.{name}"));
    close(&format!("{case}, infer"), &layer.infer(to(&get("x"))), &get("y"), tol);
}

#[test]
fn golden_batch_norm1d() {
    let golden = golden();
    for case in (0..3).map(|i| format!("batch_norm1d.{i}")) {
        let mut fast = BatchNorm1d::new(wide(&golden, &format!("{case}.infer.x")).dim(1));
        fast.inner.momentum = number(&golden, &format!("{case}.momentum"));
        steps(&golden, &case, fast.to_f64(), Array::clone, IN_F64);
        steps(&golden, &case, fast, Array::to_f32, IN_F32);
    }
}

#[test]
fn golden_batch_norm2d_in_f64() {
    let golden = golden();
    let case = "batch_norm64.0";
    let mut layer = BatchNorm2d::<f64>::new(wide(&golden, &format!("{case}.infer.x")).dim(1));
    layer.momentum = number(&golden, &format!("{case}.momentum"));
    steps(&golden, case, layer, Array::clone, IN_F64);
}
