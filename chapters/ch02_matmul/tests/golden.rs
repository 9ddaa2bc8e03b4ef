//! Products and their gradients against PyTorch (tests/golden/make_ch02.py).

use std::collections::BTreeMap;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::{Tensor, npz};
use ch02_matmul::{matmul, matmul_backward};

fn golden() -> BTreeMap<String, NpyArray> {
    npz::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/ch02.npz")).unwrap()
}

/// Both programs sum at most 40 products of numbers below 1 in f32, in different orders. Each is off by at most
/// `k 2^-24 sum |a b|`, so by 40 * 40 * 6e-8 = 1e-4 in the worst case and by about `sqrt(k) 2^-24 < 1e-6` in practice.
#[track_caller]
fn near(what: &str, got: &Tensor, want: &Tensor) {
    assert_eq!(got.shape(), want.shape(), "{what}");
    for (i, (x, y)) in got.iter().zip(want.iter()).enumerate() {
        assert!((x - y).abs() <= 2e-6 + 1e-6 * y.abs(), "{what}, element {i}: {x} for {y}");
    }
}

/// Runs `test` on every case: its name, the stored operands, whether each is transposed, and the rest by name.
fn each_case(mut test: impl FnMut(&str, [&Tensor; 2], [bool; 2], &dyn Fn(&str) -> Tensor)) {
    let golden = golden();
    let names: Vec<&str> = golden.keys().filter_map(|key| key.strip_suffix("_view")).collect();
    assert_eq!(names.len(), 19);
    for name in names {
        let entry = |what: &str| golden[&format!("{name}_{what}")].f32().unwrap();
        let views = golden[&format!("{name}_view")].text().unwrap();
        let transposed = [0, 1].map(|i| views[i] == "t");
        let (a, b) = (entry("a"), entry("b"));
        let what = format!("case {name}, {:?} x {:?}, {views:?}", a.shape(), b.shape());
        test(&what, [&a, &b], transposed, &entry);
    }
}

fn seen(x: &Tensor, transposed: bool) -> Tensor {
    if transposed { x.clone().t() } else { x.clone() }
}

#[test]
fn golden_matmul() {
    each_case(|what, [a, b], [ta, tb], entry| {
        near(what, &matmul(&seen(a, ta), &seen(b, tb)), &entry("c"));
    });
}

#[test]
fn golden_matmul_backward() {
    each_case(|what, [a, b], [ta, tb], entry| {
        let (da, db) = matmul_backward(&entry("g"), &seen(a, ta), &seen(b, tb));
        near(&format!("{what}, gradient of a"), &seen(&da, ta), &entry("da"));
        near(&format!("{what}, gradient of b"), &seen(&db, tb), &entry("db"));
    });
}
