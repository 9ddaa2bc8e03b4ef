//! Checks exercise e06_finite_difference.

#[allow(unused)]
#[path = "../exercises/e06_finite_difference.rs"]
mod finite_difference;

use ch00_start::check::close;
use ch01_tensors::Array;
use finite_difference::numerical_gradient;

const X: [f64; 4] = [-1.2, 0.3, 0.7, 1.5];

/// What `step`, a formula in the function and h, gives for sin(3x).
fn by(step: impl Fn(&dyn Fn(f64) -> f64, f64) -> f64) -> Vec<f64> {
    X.iter().map(|&x: &f64| step(&|s| (3.0 * (x + s)).sin(), 1e-3 * x.abs().max(1.0))).collect()
}

#[test]
fn slopes_of_a_sine() {
    let got = numerical_gradient(|x| x.iter().map(|x| (3.0 * x).sin()).sum(), &Array::from(X)).to_vec();
    let want = X.map(|x| 3.0 * (3.0 * x).cos());
    close(
        "numerical_gradient",
        &got,
        &want,
        1e-9,
        &[
            ("a one-sided difference: its error shrinks with h only", &by(|f, h| (f(h) - f(0.0)) / h)),
            (
                "a central difference: its error shrinks with h², use ±2h as well",
                &by(|f, h| (f(h) - f(-h)) / (2.0 * h)),
            ),
            (
                "a central difference of width 2h: combine it with that of width h",
                &by(|f, h| (f(2.0 * h) - f(-2.0 * h)) / (4.0 * h)),
            ),
            (
                "the weights: 8 near + far does not cancel the third power, 8 near - far does",
                &by(|f, h| (8.0 * (f(h) - f(-h)) + (f(2.0 * h) - f(-2.0 * h))) / (20.0 * h)),
            ),
            (
                "the divisor: 8 near - far is 12 h f'",
                &by(|f, h| (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / h),
            ),
            (
                "the divisor: 8 near - far is 12 h f'",
                &by(|f, h| (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (6.0 * h)),
            ),
        ],
    );
}

#[test]
fn polynomials_of_degree_four_are_exact() {
    let x = Array::from([[0.5, -2.0], [3.0, 10.0]]);
    let got = numerical_gradient(|x| x.iter().map(|x| x.powi(4) - x.powi(3)).sum(), &x);
    assert_eq!(got.shape(), x.shape(), "numerical_gradient: the gradient has the shape of x");
    // What is left is rounding: 1e-16 of f = 9000 over h = 0.01.
    let want: Vec<f64> = x.iter().map(|x| 4.0 * x.powi(3) - 3.0 * x * x).collect();
    close("numerical_gradient of x⁴ - x³", &got.to_vec(), &want, 1e-9, &[]);
}
