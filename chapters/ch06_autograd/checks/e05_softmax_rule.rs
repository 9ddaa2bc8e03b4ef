//! Checks exercise e05_softmax_rule.

#[allow(unused)]
#[path = "../exercises/e05_softmax_rule.rs"]
mod softmax_rule;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch06_autograd::Var;
use softmax_rule::{log_softmax_gradient, softmax_gradient};

const ROWS: usize = 2;
const N: usize = 4;

/// Probabilities of two rows, `[2, 4]`, and a gradient.
fn problem() -> (Array<f64>, Array<f64>) {
    let mut rng = Rng::new(0, "softmax");
    let x = Array::<f64>::normal([ROWS, N], 0.0, 1.0, &mut rng).exp();
    (&x / &x.sum(1, true), Array::normal([ROWS, N], 0.0, 1.0, &mut rng))
}

/// `Σ_i g_i J_ij` for a Jacobian written out.
fn by_jacobian(g: &Array<f64>, jacobian: impl Fn(usize, usize, usize) -> f64) -> Vec<f64> {
    let mut result = Vec::new();
    for row in 0..ROWS {
        result.extend((0..N).map(|j| (0..N).map(|i| g[[row, i]] * jacobian(row, i, j)).sum::<f64>()));
    }
    result
}

fn delta(i: usize, j: usize) -> f64 {
    if i == j { 1.0 } else { 0.0 }
}

#[test]
fn softmax() {
    let (y, g) = problem();
    let want = by_jacobian(&g, |row, i, j| y[[row, i]] * (delta(i, j) - y[[row, j]]));
    let own = by_jacobian(&g, |row, i, j| delta(i, j) * y[[row, i]] * (1.0 - y[[row, i]]));
    let all = (&y * &(&g - (&g * &y).sum_all())).to_vec();
    let mistakes: [(&str, &[f64]); 2] = [
        ("y (1 - y) g, as if each output depended on its own input only", &own),
        ("the sum runs over all rows, instead of along the axis", &all),
    ];
    let got = softmax_gradient(&Var::constant(g.clone()), &Var::constant(y.clone()), 1).value();
    close("softmax", &got.to_vec(), &want, 1e-12, &mistakes);
    // The same along the first axis.
    let got = softmax_gradient(&Var::constant(g.t()), &Var::constant(y.t()), 0).value();
    close("softmax along axis 0", &got.t().to_vec(), &want, 1e-12, &[]);
}

#[test]
fn log_softmax() {
    let (y, g) = problem();
    let z = y.clone().ln();
    let want = by_jacobian(&g, |row, i, j| delta(i, j) - y[[row, j]]);
    let own = (&g - &(&g * &y)).to_vec();
    let logs = by_jacobian(&g, |row, i, j| delta(i, j) - z[[row, j]]);
    let mistakes: [(&str, &[f64]); 2] = [
        ("g (1 - e^z), as if each output depended on its own input only", &own),
        ("multiplied the sum with z instead of e^z", &logs),
    ];
    let got = log_softmax_gradient(&Var::constant(g), &Var::constant(z), 1).value();
    close("log_softmax", &got.to_vec(), &want, 1e-12, &mistakes);
}

#[test]
fn they_stay_on_the_tape() {
    let (y, g) = problem();
    let (y, g) = (Var::variable(y), Var::variable(g));
    let on_the_tape =
        softmax_gradient(&g, &y, 1).requires_grad() && log_softmax_gradient(&g, &y, 1).requires_grad();
    assert!(on_the_tape, "the gradients are off the tape; compute with variables, not with arrays");
}
