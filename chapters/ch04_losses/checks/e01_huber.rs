//! Checks exercise e01_huber.
#[allow(unused)]
#[path = "../exercises/e01_huber.rs"]
mod huber;

use ch00_start::check::close;
use ch01_tensors::Array;
use ch04_losses::Reduction;

/// Differences below, at and beyond the corner 1.5, on both sides.
const D: [f64; 7] = [-4.0, -1.5, -0.5, 0.0, 1.0, 1.5, 6.0];
const DELTA: f64 = 1.5;

/// Predictions and targets that differ by `D`.
fn inputs() -> (Array<f64>, Array<f64>) {
    let y = Array::from([1.0, -2.0, 0.5, 3.0, 0.0, -1.0, 2.0]);
    (&y + Array::from(D), y)
}

fn each(f: impl Fn(f64) -> f64) -> Vec<f64> {
    D.iter().map(|&d| f(d)).collect()
}

#[test]
fn forward() {
    let (x, y) = inputs();
    let terms = huber::huber(&x, &y, DELTA, Reduction::None).to_vec();
    let inside = |d: f64| d.abs() <= DELTA;
    close(
        "forward",
        &terms,
        // By hand: 1.5 (4 - 0.75), 1.125, 0.125, 0, 0.5, 1.125, 1.5 (6 - 0.75).
        &[4.875, 1.125, 0.125, 0.0, 0.5, 1.125, 7.875],
        1e-12,
        &[
            (
                "the line does not meet the parabola at delta: the constant delta/2 is missing",
                &each(|d| if inside(d) { d * d / 2.0 } else { DELTA * d.abs() }),
            ),
            (
                "the parabola is d², but its half is wanted",
                &each(|d| if inside(d) { d * d } else { DELTA * (d.abs() - DELTA / 2.0) }),
            ),
            (
                "the line is not multiplied by delta: that is smooth L1's slope",
                &each(|d| if inside(d) { d * d / 2.0 } else { d.abs() - DELTA / 2.0 }),
            ),
            (
                "the cases are swapped",
                &each(|d| if inside(d) { DELTA * (d.abs() - DELTA / 2.0) } else { d * d / 2.0 }),
            ),
        ],
    );
    let mean = huber::huber(&x, &y, DELTA, Reduction::Mean).item();
    close("forward, mean", &[mean], &[15.625 / 7.0], 1e-12, &[("the reduction is not used", &[15.625])]);
}

#[test]
fn backward() {
    let (x, y) = inputs();
    let g = Array::from([1.0, 1.0, 2.0, 1.0, 1.0, 3.0, 1.0]);
    let scaled = |slopes: Vec<f64>| -> Vec<f64> { slopes.iter().zip(g.iter()).map(|(s, g)| s * g).collect() };
    let got = huber::huber_backward(&g, &x, &y, DELTA, Reduction::None).to_vec();
    close(
        "backward",
        &got,
        &[-1.5, -1.5, -1.0, 0.0, 1.0, 4.5, 1.5],
        1e-12,
        &[
            (
                "the slope is not cut off at delta: that is the gradient of the squared error",
                &scaled(each(|d| d)),
            ),
            (
                "beyond delta the slope is delta times the sign of d, not delta",
                &scaled(each(|d| if d.abs() <= DELTA { d } else { DELTA })),
            ),
            (
                "beyond delta the slope is delta, not 1",
                &scaled(each(|d| if d.abs() <= DELTA { d } else { d.signum() })),
            ),
            ("the gradient from above, `g`, is not used", &each(|d| d.clamp(-DELTA, DELTA))),
            ("the sign is wrong: d is x - y", &scaled(each(|d| -d.clamp(-DELTA, DELTA)))),
        ],
    );
    let mean = huber::huber_backward(&Array::scalar(7.0), &x, &y, DELTA, Reduction::Mean).to_vec();
    close("backward, mean", &mean, &each(|d| d.clamp(-DELTA, DELTA)), 1e-12, &[]);
}
