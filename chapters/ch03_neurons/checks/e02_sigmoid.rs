//! Checks exercise e02_sigmoid.

#[allow(unused)]
#[path = "../exercises/e02_sigmoid.rs"]
mod sigmoid;

use ch00_start::check::close;
use ch01_tensors::Array;

const X: [f64; 7] = [-3.0, -1.0, -0.1, 0.0, 0.5, 2.0, 4.0];

/// σ from its definition: no danger for small x.
fn plain(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn values() {
    let want = X.map(plain);
    let mirrored = X.map(|x| plain(-x));
    close(
        "sigmoid",
        &X.map(sigmoid::sigmoid_at::<f64>),
        &want,
        1e-12,
        &[
            ("mirrored: this falls where it should rise; look at the sign of x", &mirrored),
            ("right for one sign of x only: the numerator depends on the side", &X.map(|x| plain(x.abs()))),
            ("right for one sign of x only: the numerator depends on the side", &X.map(|x| plain(-x.abs()))),
        ],
    );
}

#[test]
fn far_out() {
    // In 32 bits e^89 is infinite. Compared by ratio, because the numbers are tiny.
    let x = [-95.0f32, -90.0, -60.0, 60.0, 90.0, 200.0];
    let ratio: Vec<f64> =
        x.iter().map(|&x| f64::from(sigmoid::sigmoid_at(x)) / plain(f64::from(x))).collect();
    let nan = f64::NAN;
    close(
        "sigmoid, far out",
        &ratio,
        &[1.0; 6],
        1e-2,
        &[
            (
                "NaN for large x: e^x overflows, and infinity over infinity is not a number",
                &[1.0, 1.0, 1.0, 1.0, nan, nan],
            ),
            (
                "0 for x = -90: e^-x overflows where the result would still fit",
                &[0.0, 0.0, 1.0, 1.0, 1.0, 1.0],
            ),
        ],
    );
}

#[test]
fn gradient() {
    let g = [1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 1.5];
    let y = X.map(plain);
    let each = |slope: fn(f64) -> f64| -> Vec<f64> { g.iter().zip(y).map(|(g, y)| g * slope(y)).collect() };
    let again = |y: f64| plain(y) * (1.0 - plain(y));
    close(
        "sigmoid_backward",
        &sigmoid::sigmoid_backward(Array::from(g), &Array::from(y)).to_vec(),
        // The definition of the derivative: the slope of the definition of sigmoid.
        &X.iter().zip(g).map(|(x, g)| g * (plain(x + 1e-6) - plain(x - 1e-6)) / 2e-6).collect::<Vec<_>>(),
        1e-8,
        &[
            ("took the output for the input: y is σ(x) already", &each(again)),
            ("the factor 1 - y is missing", &each(|y| y)),
            ("the gradient from above is missing", &y.map(|y| y * (1.0 - y))),
            ("this is the slope of tanh, 1 - y²", &each(|y| 1.0 - y * y)),
        ],
    );
}
