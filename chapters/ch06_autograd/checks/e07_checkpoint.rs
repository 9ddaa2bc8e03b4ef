//! Checks exercise e07_checkpoint.

#[allow(unused)]
#[path = "../exercises/e07_checkpoint.rs"]
mod checkpoint;

use std::cell::Cell;
use std::rc::Rc;

use ch00_start::check::close;
use ch01_tensors::Array;
use ch06_autograd::{Tape, Var, grad, is_grad_enabled};
use checkpoint::checkpoint;

/// `tanh(x w) x`, counting calls; `recorded` tells whether the last one was recorded.
fn function(
    calls: &Rc<Cell<usize>>,
    recorded: &Rc<Cell<bool>>,
) -> impl Fn(&[Var<f64>]) -> Var<f64> + 'static {
    let (calls, recorded) = (Rc::clone(calls), Rc::clone(recorded));
    move |x| {
        calls.set(calls.get() + 1);
        recorded.set(is_grad_enabled());
        (&x[0] * &x[1]).tanh() * &x[0]
    }
}

#[test]
fn forward_and_backward() {
    let (x, w) = (Var::variable(Array::from([0.5, -1.0])), Var::variable(Array::from([2.0, 0.3])));
    let (calls, recorded) = (Rc::default(), Rc::default());
    let y = checkpoint(function(&calls, &recorded), &[&x, &w]);
    let t = [1f64.tanh(), (-0.3f64).tanh()];
    close("forward", &y.value().to_vec(), &[0.5 * t[0], -t[1]], 1e-12, &[]);
    assert!(!recorded.get(), "forward: what is inside was recorded, and is kept in memory");
    y.backward_with(Array::from([1.0, 1.0]), Tape::Release);
    // d/dx = w (1 - t²) x + t, d/dw = x² (1 - t²).
    let want = |i: usize, x: f64, w: f64| [w * (1.0 - t[i] * t[i]) * x + t[i], x * x * (1.0 - t[i] * t[i])];
    let (first, second) = (want(0, 0.5, 2.0), want(1, -1.0, 0.3));
    let zero: (&str, &[f64]) = ("it is 0: the second computation was not recorded", &[0.0, 0.0]);
    let got = |x: &Var<f64>| x.grad().expect("backward reaches every input").to_vec();
    close("gradient of x", &got(&x), &[first[0], second[0]], 1e-12, &[zero]);
    close("gradient of w", &got(&w), &[first[1], second[1]], 1e-12, &[zero]);
    assert_eq!(calls.get(), 2, "the function is called once forward and once backward");
}

#[test]
fn twice_differentiable() {
    // d²(tanh(xw) x)/dx² = 2 w (1 - t²) - 2 w² x t (1 - t²).
    let (x, w) = (Var::variable(Array::scalar(0.5)), Var::variable(Array::scalar(2.0)));
    let y = checkpoint(function(&Rc::default(), &Rc::default()), &[&x, &w]);
    let first = grad(&y, &[&x], Tape::Create).remove(0);
    let got = grad(&first, &[&x], Tape::Release)[0].item();
    let t = 1f64.tanh();
    let want = 4.0 * (1.0 - t * t) - 4.0 * t * (1.0 - t * t);
    close("second derivative", &[got], &[want], 1e-12, &[]);
}
