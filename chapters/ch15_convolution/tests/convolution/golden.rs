//! Values and gradients against PyTorch's (made by tests/golden/make_ch15.py).
//!
//! Both sides compute in f32, in different orders. Sums here have at most a hundred or so terms of order 1, each rounded to
//! 2^-24: 1e-5 absolute plus relative leaves room for a hundred roundings. Through the whole network an error passes five
//! normalisations, each of which divides by a deviation that may be small: 1e-4.

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::{Tensor, npz};
use ch05_backprop::{Entry, Layer, Visitor, assert_close, assert_golden};
use ch15_convolution::*;

type Golden = BTreeMap<String, NpyArray>;

fn golden() -> Golden {
    npz::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch15.npz")).unwrap()
}

fn tensor(golden: &Golden, name: &str) -> Tensor {
    golden.get(name).unwrap_or_else(|| panic!("no golden entry {name}")).f32().unwrap()
}

/// The options of a case, two by two.
fn options(golden: &Golden, case: &str) -> Vec<[usize; 2]> {
    let numbers = golden[&format!("{case}.options")].i64().unwrap().to_vec();
    numbers.chunks(2).map(|pair| [pair[0] as usize, pair[1] as usize]).collect()
}

/// Compares output and all gradients with PyTorch's.
fn check(golden: &Golden, case: &str, layer: &mut impl Layer, tol: f64) {
    assert_golden(case, layer, tol, |name| tensor(golden, &format!("{case}.{name}")));
}

fn cases(golden: &Golden, kind: &str) -> Vec<String> {
    let suffix = ".x";
    let of_kind = golden.keys().filter(|key| key.starts_with(kind) && key.ends_with(suffix));
    let cases: Vec<String> = of_kind.map(|key| key[..key.len() - suffix.len()].to_owned()).collect();
    assert!(!cases.is_empty(), "no cases of {kind}");
    cases
}

#[test]
fn golden_conv2d() {
    let golden = golden();
    let cases = cases(&golden, "conv2d.");
    assert_eq!(cases.len(), 18);
    for case in cases {
        let weight = tensor(&golden, &format!("{case}.p.weight"));
        let bias = golden.contains_key(&format!("{case}.p.bias")).then(|| Tensor::zeros([weight.dim(0)]));
        let pairs = options(&golden, &case);
        let (stride, padding, dilation, groups) = (pairs[0], pairs[1], pairs[2], pairs[3][0]);
        let options = Conv2dOptions { stride, padding, dilation, groups };
        check(&golden, &case, &mut Conv2d::from_parts(weight, bias, options), 1e-5);
    }
}

#[test]
fn golden_conv1d() {
    let golden = golden();
    let cases = cases(&golden, "conv1d.");
    assert_eq!(cases.len(), 4);
    for case in cases {
        let weight = tensor(&golden, &format!("{case}.p.weight"));
        let bias = golden.contains_key(&format!("{case}.p.bias")).then(|| Tensor::zeros([weight.dim(0)]));
        let pairs = options(&golden, &case);
        let [stride, padding, dilation] = [0, 1, 2].map(|i| pairs[i][1]);
        let options = Conv1dOptions { stride, padding, dilation, groups: pairs[3][0] };
        check(&golden, &case, &mut Conv1d::from_parts(weight, bias, options), 1e-5);
    }
}

#[test]
fn golden_conv_transpose2d() {
    let golden = golden();
    let cases = cases(&golden, "conv_transpose2d.");
    assert_eq!(cases.len(), 8);
    for case in cases {
        let weight = tensor(&golden, &format!("{case}.p.weight"));
        let pairs = options(&golden, &case);
        let (stride, padding, output_padding, dilation, groups) =
            (pairs[0], pairs[1], pairs[2], pairs[3], pairs[4][0]);
        let bias = golden.contains_key(&format!("{case}.p.bias"));
        let bias = bias.then(|| Tensor::zeros([weight.dim(1) * groups]));
        let conv = Conv2dOptions { stride, padding, dilation, groups };
        let options = ConvTranspose2dOptions { conv, output_padding };
        check(&golden, &case, &mut ConvTranspose2d::from_parts(weight, bias, options), 1e-5);
    }
}

fn pool_options(golden: &Golden, case: &str) -> Pool2dOptions {
    let pairs = options(golden, case);
    Pool2dOptions { kernel: pairs[0], stride: pairs[1], padding: pairs[2] }
}

#[test]
fn golden_max_pool2d() {
    let golden = golden();
    for case in cases(&golden, "max_pool2d.") {
        check(&golden, &case, &mut MaxPool2d::new(pool_options(&golden, &case)), 1e-6);
    }
}

#[test]
fn golden_avg_pool2d() {
    let golden = golden();
    for case in cases(&golden, "avg_pool2d.") {
        check(&golden, &case, &mut AvgPool2d::new(pool_options(&golden, &case)), 1e-6);
    }
}

#[test]
fn golden_global_avg_pool() {
    let golden = golden();
    for case in cases(&golden, "global_avg_pool.") {
        check(&golden, &case, &mut GlobalAvgPool::new(), 1e-6);
    }
}

/// The number of bins is the shape of the output.
fn bins(golden: &Golden, case: &str) -> [usize; 2] {
    let y = tensor(golden, &format!("{case}.y"));
    [y.dim(2), y.dim(3)]
}

#[test]
fn golden_adaptive_avg_pool2d() {
    let golden = golden();
    for case in cases(&golden, "adaptive_avg_pool2d.") {
        check(&golden, &case, &mut AdaptiveAvgPool2d::new(bins(&golden, &case)), 1e-6);
    }
}

#[test]
fn golden_adaptive_max_pool2d() {
    let golden = golden();
    for case in cases(&golden, "adaptive_max_pool2d.") {
        check(&golden, &case, &mut AdaptiveMaxPool2d::new(bins(&golden, &case)), 1e-6);
    }
}

#[test]
fn golden_relu() {
    let golden = golden();
    for case in cases(&golden, "relu.") {
        check(&golden, &case, &mut Relu::new(), 0.0);
    }
}

#[test]
fn small_cnn_equals_pytorchs() {
    let golden = golden();
    let mut model = small_cnn(3, 10, 2, 0.0, 0);
    check(&golden, "small_cnn.0", &mut model, 1e-4);
    // The running statistics after one step.
    let mut compared = 0;
    ch05_backprop::Module::visit(
        &mut model,
        &mut Visitor::new(&mut |path, entry| {
            if let Entry::Buffer(buffer) = entry {
                let theirs = tensor(&golden, &format!("small_cnn.0.b.{path}"));
                assert_close(&path.to_string(), buffer, &theirs, 1e-5);
                compared += 1;
            }
        }),
    );
    assert_eq!(compared, 10, "mean and variance of five normalisations");
}
