//! Two computations of the same thing, side by side: a layer in f32 and itself in f64, a layer and PyTorch's.
//!
//! [`gradcheck`](crate::gradcheck) proves the formulas of a backward pass, in f64. What is trained with are the fast paths in
//! f32, with vectors and threads: [`assert_fast`] holds them against the f64 that was checked. And [`assert_golden`] holds
//! a layer against numbers that PyTorch computed and a file keeps.

use ch01_tensors::{Array, Float, Rng, Tensor};

use crate::{Layer, for_each_param};

/// Checks that `|a - b| <= tolerance (1 + |b|)` for every element `a` of ours and `b` of theirs.
///
/// # Panics
/// When the shapes differ, or at the first element that is off, naming it and both values.
#[track_caller]
pub fn assert_close<A: Float, B: Float>(what: &str, ours: &Array<A>, theirs: &Array<B>, tolerance: f64) {
    assert_eq!(ours.shape(), theirs.shape(), "{what}: shapes");
    for (i, (a, b)) in ours.iter().zip(theirs.iter()).enumerate() {
        let (a, b) = (a.to_f64(), b.to_f64());
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{what}, element {i}: ours {a}, theirs {b}");
    }
}

/// A layer in f32 against the same layer in f64: inference, output, and the gradients of input and parameters.
///
/// # Panics
/// At the first element that is off by more than the tolerance of [`assert_close`].
#[track_caller]
pub fn assert_fast(
    fast: &mut dyn Layer<f32>,
    plain: &mut dyn Layer<f64>,
    x: &Array<impl Float>,
    tolerance: f64,
) {
    let x = x.to_f32();
    assert_close("inference", &fast.infer(x.clone()), &plain.infer(x.to_f64()), tolerance);
    let y = fast.forward(x.clone());
    assert_close("output", &y, &plain.forward(x.to_f64()), tolerance);
    let g = Tensor::normal(*y.shape(), 0.0, 1.0, &mut Rng::new(0, "g"));
    assert_close("input gradient", &fast.backward(g.clone()), &plain.backward(g.to_f64()), tolerance);
    let mut gradients = Vec::new();
    for_each_param(plain, |_, param| gradients.push(param.grad.clone()));
    let mut gradients = gradients.into_iter();
    for_each_param(fast, |path, param| {
        let plain = gradients.next().expect("as many parameters in f64");
        assert_close(&format!("gradient of {path}"), &param.grad, &plain, tolerance);
    });
}

/// Gives a layer PyTorch's parameters, and compares the output and all gradients. `get` finds the arrays: the
/// parameters `p.PATH`, the input `x`, the output `y`, its gradient `grad`, and the gradients `dx` and `dp.PATH`.
///
/// # Panics
/// At the first element that is off by more than the tolerance of [`assert_close`].
#[track_caller]
pub fn assert_golden(case: &str, layer: &mut dyn Layer, tolerance: f64, get: impl Fn(&str) -> Tensor) {
    for_each_param(layer, |path, param| param.value = get(&format!("p.{path}")));
    assert_close(&format!("{case}, output"), &layer.forward(get("x")), &get("y"), tolerance);
    let dx = layer.backward(get("grad"));
    assert_close(&format!("{case}, input gradient"), &dx, &get("dx"), tolerance);
    for_each_param(layer, |path, param| {
        let theirs = get(&format!("dp.{path}"));
        assert_close(&format!("{case}, gradient of {path}"), &param.grad, &theirs, tolerance);
    });
}
