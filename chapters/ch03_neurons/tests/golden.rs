//! Forward and backward passes against PyTorch, in 32 bits: values and options from `tests/golden/make_ch03.py`.

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::{Tensor, npy::NpyArray, npz};
use ch03_neurons::erf::erf_f64;
use ch03_neurons::*;

fn file() -> BTreeMap<String, NpyArray> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch03.npz");
    npz::read(path).expect("a golden file")
}

type Options = BTreeMap<String, f64>;
type Arrays = BTreeMap<String, Tensor>;

/// The options and the arrays of every case of an operation, and the name to show.
fn cases(operation: &str) -> Vec<(String, Options, Arrays)> {
    let mut cases: BTreeMap<String, Arrays> = BTreeMap::new();
    for (name, array) in file() {
        let parts: Vec<&str> = name.split("__").collect();
        if parts[0] == operation {
            let fields = cases.entry(parts[..3].join(" ")).or_default();
            fields.insert(parts[3].to_owned(), array.f32().expect("32-bit values"));
        }
    }
    assert!(cases.len() >= 6, "{operation}: {} cases", cases.len());
    let options = |name: &str| {
        let pairs =
            name.split(' ').nth(1).expect("options").split(',').filter_map(|pair| pair.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), value.parse().expect("a number"))).collect()
    };
    cases.into_iter().map(|(name, arrays)| (name.clone(), options(&name), arrays)).collect()
}

/// `|got - want| <= 2e-6 max(1, |want|)`: both sides round to 6e-8 in each of a few operations, exp, tanh and erf are off by
/// up to 2 ulp on our side and about as much on PyTorch's, and slopes multiply that by numbers up to 5.
#[track_caller]
fn assert_near(what: &str, got: &Tensor, want: &Tensor) {
    assert_eq!(got.shape(), want.shape(), "{what}");
    for (i, (got, want)) in got.iter().zip(want.iter()).enumerate() {
        let near = got == want
            || (got.is_nan() && want.is_nan())
            || (got - want).abs() <= 2e-6 * want.abs().max(1.0);
        assert!(near, "{what}, element {i}: {got:e}, PyTorch {want:e}");
    }
}

fn check(
    operation: &str,
    forward: impl Fn(Tensor, &Options) -> Tensor,
    backward: impl Fn(Tensor, &Tensor, &Options) -> Tensor,
) {
    for (name, options, case) in cases(operation) {
        let y = forward(case["x"].clone(), &options);
        assert_near(&format!("{name}, forward"), &y, &case["y"]);
        let dx = backward(case["g"].clone(), &case["x"], &options);
        assert_near(&format!("{name}, backward"), &dx, &case["dx"]);
    }
}

#[test]
fn golden_relu() {
    check("relu", |x, _| relu(x), |g, x, _| relu_backward(g, x));
}

#[test]
fn golden_leaky_relu() {
    check("leaky_relu", |x, o| leaky_relu(x, o["slope"]), |g, x, o| leaky_relu_backward(g, x, o["slope"]));
}

#[test]
fn golden_prelu() {
    for (name, _, case) in cases("prelu") {
        assert_near(&name, &prelu(case["x"].clone(), &case["slope"]), &case["y"]);
        let (dx, dslope) = prelu_backward(&case["g"], &case["x"], &case["slope"]);
        assert_near(&format!("{name}, input"), &dx, &case["dx"]);
        // A sum of up to 60 products of size 10.
        let scaled = |x: &Tensor| x * 0.1;
        assert_near(&format!("{name}, slope"), &scaled(&dslope), &scaled(&case["dslope"]));
    }
}

#[test]
fn golden_elu() {
    check("elu", |x, o| elu(x, o["alpha"]), |g, x, o| elu_backward(g, x, o["alpha"]));
}

#[test]
fn golden_selu() {
    check("selu", |x, _| selu(x), |g, x, _| selu_backward(g, x));
}

#[test]
fn golden_gelu() {
    check("gelu", |x, _| gelu(x), |g, x, _| gelu_backward(g, x));
}

#[test]
fn golden_gelu_tanh() {
    check("gelu_tanh", |x, _| gelu_tanh(x), |g, x, _| gelu_tanh_backward(g, x));
}

#[test]
fn golden_silu() {
    check("silu", |x, _| silu(x), |g, x, _| silu_backward(g, x));
}

#[test]
fn golden_sigmoid() {
    check("sigmoid", |x, _| sigmoid(x), |g, x, _| sigmoid_backward(g, &sigmoid(x.clone())));
}

#[test]
fn golden_tanh() {
    check("tanh", |x, _| tanh(x), |g, x, _| tanh_backward(g, &tanh(x.clone())));
}

#[test]
fn golden_softplus() {
    let forward = |x, o: &Options| softplus(x, o["beta"], o["threshold"]);
    check("softplus", forward, |g, x, o| softplus_backward(g, x, o["beta"], o["threshold"]));
}

#[test]
fn golden_hard_swish() {
    check("hard_swish", |x, _| hard_swish(x), |g, x, _| hard_swish_backward(g, x));
}

#[test]
fn golden_softmax() {
    let backward = |g, x: &Tensor, axis| softmax_backward(g, &softmax(x.clone(), axis), axis);
    let axis = |o: &Options| o["axis"] as isize;
    check("softmax", |x, o| softmax(x, axis(o)), |g, x, o| backward(g, x, axis(o)));
}

#[test]
fn golden_log_softmax() {
    let backward = |g, x: &Tensor, axis| log_softmax_backward(g, &log_softmax(x.clone(), axis), axis);
    let axis = |o: &Options| o["axis"] as isize;
    check("log_softmax", |x, o| log_softmax(x, axis(o)), |g, x, o| backward(g, x, axis(o)));
}

/// Values of erf computed with 60 digits. An ulp is 1.1e-16 relative at least, so this is 1 ulp and half of another.
#[test]
fn golden_erf_in_64_bits() {
    let file = file();
    let (x, y) = (file["erf64__x"].f64().unwrap(), file["erf64__y"].f64().unwrap());
    assert!(x.size() > 700);
    for (x, want) in x.iter().zip(y.iter()) {
        let ulp = f64::from_bits(want.abs().to_bits() + 1) - want.abs();
        let error = (erf_f64(x) - want).abs() / ulp;
        assert!(error <= 1.0, "erf({x:e}) is {:e}, exact {want:e}: {error} ulp", erf_f64(x));
    }
    assert_eq!([f64::NEG_INFINITY, -0.0, f64::INFINITY, 7.0].map(erf_f64), [-1.0, -0.0, 1.0, 1.0]);
    assert!(erf_f64(f64::NAN).is_nan());
    assert!(erf_f64(-0.0).is_sign_negative());
}

#[test]
fn the_golden_file_names_its_versions() {
    let versions = file()["versions"].text().unwrap();
    assert!(versions[0].starts_with("torch 2."), "{versions:?}");
}
