//! Checks exercise e03_propagate.

#[allow(unused)]
#[path = "../exercises/e03_propagate.rs"]
mod propagate;

use ch00_start::check::close;
use ch01_tensors::Array;
use ch06_autograd::{Tape, Var, enable_grad};
use propagate::propagate;

fn number(value: f64) -> Var<f64> {
    Var::variable(Array::scalar(value))
}

/// The gradient of `output` with respect to `x`, by the reader's code.
fn gradient(what: &str, output: &Var<f64>, x: &Var<f64>) -> Var<f64> {
    let is_target = |other: &Var<f64>| other.id() == x.id();
    let found = enable_grad(|| propagate(output, Var::scalar(1.0), Tape::Create, &is_target));
    match found.into_iter().next() {
        Some((_, gradient)) => gradient,
        None => panic!("{what}: no gradient arrived"),
    }
}

#[test]
fn one_way() {
    let x = number(3.0);
    let what = "d(2x²)/dx on a chain";
    let got = gradient(what, &(x.pow(2.0) * 2.0), &x).item();
    close(what, &[got], &[12.0], 1e-12, &[]);
}

#[test]
fn several_ways_add_up() {
    // L = xy + x with x = 3 and y = 4: one way brings y, the other 1.
    let (x, y) = (number(3.0), number(4.0));
    let what = "d(xy + x)/dx";
    let got = gradient(what, &(&x * &y + &x), &x).item();
    let mistakes: [(&str, &[f64]); 2] = [
        ("what arrived last replaced what had arrived before", &[4.0]),
        ("what arrived later was dropped", &[1.0]),
    ];
    close(what, &[got], &[5.0], 1e-12, &mistakes);

    // x·x: both operands are the same variable.
    let what = "d(x·x)/dx";
    let got = gradient(what, &(&x * &x), &x).item();
    close(what, &[got], &[6.0], 1e-12, &[("one of the two operands was forgotten", &[3.0])]);
}

#[test]
fn intermediate_results_collect_too() {
    // h = x², L = h + h·h: dL/dh = 1 + 2h, dL/dx = (1 + 2h) 2x.
    let x = number(3.0);
    let h = x.pow(2.0);
    let loss = &h + &(&h * &h);
    close("d(h + h·h)/dh", &[gradient("d(h + h·h)/dh", &loss, &h).item()], &[19.0], 1e-12, &[]);
    close("d(h + h·h)/dx", &[gradient("d(h + h·h)/dx", &loss, &x).item()], &[114.0], 1e-12, &[]);
}

#[test]
fn the_sum_is_on_the_tape() {
    // L = x³ + x·x·x: the first derivative is 6x², the second 12x.
    let x = number(2.0);
    let first = gradient("d(x³ + x·x·x)/dx", &(x.pow(3.0) + &x * &x * &x), &x);
    close("d(x³ + x·x·x)/dx", &[first.item()], &[24.0], 1e-12, &[]);
    let what = "the second derivative";
    assert!(
        first.requires_grad(),
        "{what}: the sum of the gradients is off the tape; add variables, not arrays"
    );
    close(what, &[gradient(what, &first, &x).item()], &[24.0], 1e-12, &[]);
}
