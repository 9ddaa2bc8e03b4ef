//! Checks exercise e04_gelu.

#[allow(unused)]
#[path = "../exercises/e04_gelu.rs"]
mod gelu;

use ch00_start::check::close;
use ch01_tensors::Array;

const X: [f64; 7] = [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0];

/// The normal density, and the distribution function as its integral, by Simpson's rule.
fn density(x: f64) -> f64 {
    (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt()
}

fn integral(x: f64) -> f64 {
    let steps = 2000;
    let h = x / f64::from(steps);
    let weight = |i: i32| if i == 0 || i == steps { 1.0 } else { 2.0 + 2.0 * f64::from(i % 2) };
    0.5 + (0..=steps).map(|i| weight(i) * density(f64::from(i) * h)).sum::<f64>() * h / 3.0
}

#[test]
fn values() {
    let erf = |x: f64| 2.0 * integral(x * std::f64::consts::SQRT_2) - 1.0;
    close(
        "gelu",
        &gelu::gelu(Array::from(X)).to_vec(),
        &X.map(|x| x * integral(x)),
        1e-9,
        &[
            ("erf takes x/√2, not x", &X.map(|x| x * 0.5 * (1.0 + erf(x)))),
            (
                "Φ runs from 0 to 1, erf from -1 to 1: add 1 and halve",
                &X.map(|x| x * (2.0 * integral(x) - 1.0)),
            ),
            ("this is Φ: the factor x is missing", &X.map(integral)),
            ("this is x σ(x), SiLU", &X.map(|x| x / (1.0 + (-x).exp()))),
        ],
    );
}

#[test]
fn slope() {
    close(
        "gelu_backward",
        &gelu::gelu_backward(Array::from([2.0; 7]), &Array::from(X)).to_vec(),
        &X.map(|x| 2.0 * (integral(x) + x * density(x))),
        1e-9,
        &[
            ("the product rule has two terms: x φ(x) is missing", &X.map(|x| 2.0 * integral(x))),
            ("the product rule has two terms: Φ(x) is missing", &X.map(|x| 2.0 * x * density(x))),
            (
                "the density lacks its factor 1/√(2π)",
                &X.map(|x| 2.0 * (integral(x) + x * (-x * x / 2.0).exp())),
            ),
            (
                "the exponent of the density is -x²/2, not -x²",
                &X.map(|x| 2.0 * (integral(x) + x * (-x * x).exp() / std::f64::consts::TAU.sqrt())),
            ),
        ],
    );
}
