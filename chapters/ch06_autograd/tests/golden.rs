//! Values, gradients and gradients of gradients against PyTorch's (made by tests/golden/make_ch06.py).
//!
//! Both sides compute in f64: 16 digits, and sums of at most a few dozen terms of order 1 to 10. 1e-12 absolute plus relative
//! leaves room for a thousand roundings. (Our erf is accurate to 1e-15.)

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::{Array, npz};
use ch05_backprop::assert_close;
use ch06_autograd::{Tape, Var, grad, hessian, hessian_diagonal, hessian_vector};
use common::family;

const TOLERANCE: f64 = 1e-12;

fn golden() -> BTreeMap<String, NpyArray> {
    npz::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch06.npz")).unwrap()
}

fn compare(name: &str) {
    let golden = golden();
    for case in family(name) {
        let get = |key: &str| golden[&format!("{}.{key}", case.name)].f64().unwrap();
        let all = |key: &str| -> Vec<Array<f64>> {
            let names = (0..).map(|i| format!("{}.{key}{i}", case.name));
            names.map_while(|name| golden.get(&name)).map(|array| array.f64().unwrap()).collect()
        };
        let (x, c, d) = (all("x"), get("c"), all("d"));
        assert_close(&format!("{} output", case.name), &case.value(&x), &get("y"), TOLERANCE);
        for (ours, theirs) in case.gradients(&x, &c).iter().zip(&all("g")) {
            assert_close(&format!("{} gradient", case.name), ours, theirs, TOLERANCE);
        }
        for (ours, theirs) in case.second(&x, &c, &d).iter().zip(&all("h")) {
            assert_close(&format!("{} gradient of the gradient", case.name), ours, theirs, TOLERANCE);
        }
    }
}

#[test]
fn golden_map() {
    compare("map");
}

#[test]
fn golden_arithmetic() {
    compare("arithmetic");
}

#[test]
fn golden_broadcast() {
    compare("broadcast");
}

#[test]
fn golden_matmul() {
    compare("matmul");
}

#[test]
fn golden_reduce() {
    compare("reduce");
}

#[test]
fn golden_shape() {
    compare("shape");
}

#[test]
fn golden_index() {
    compare("index");
}

#[test]
fn golden_softmax() {
    compare("softmax");
}

#[test]
fn golden_hessian() {
    let golden = golden();
    let get = |key: &str| golden[&format!("hessian.{key}")].f64().unwrap();
    let labels: Array<i64> = golden["hessian.labels"].i64().unwrap();
    let w = Var::variable(get("w"));
    let loss = Var::constant(get("x")).matmul(&w.t()).tanh().cross_entropy(&labels);
    let gradient = grad(&loss, &[&w], Tape::Create);
    assert_close("Hessian", &hessian(&gradient[0], &w), &get("h"), TOLERANCE);
    assert_close("diagonal", &hessian_diagonal(&gradient[0], &w), &get("diagonal"), TOLERANCE);
    let product = hessian_vector(&gradient, &[&w], &[get("v")]);
    assert_close("Hessian times a vector", &product[0], &get("hv"), TOLERANCE);
}
