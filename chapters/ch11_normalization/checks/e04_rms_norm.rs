//! Checks exercise e04_rms_norm.

#[allow(unused)]
#[path = "../exercises/e04_rms_norm.rs"]
mod rms_norm;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch05_backprop::Layer;
use rms_norm::RmsNorm;

const ROWS: usize = 3;
const SIZE: usize = 6;
/// Large, so that its place matters.
const EPS: f64 = 0.5;

fn numbers(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.5, 1.5, &mut Rng::new(seed, "numbers"))
}

/// Input, gain, gradient of the output.
fn problem() -> [Array<f64>; 3] {
    [numbers(&[ROWS, SIZE], 1), numbers(&[SIZE], 2), numbers(&[ROWS, SIZE], 3)]
}

/// `y`, where `divisor` says what a row is divided by, given its mean and its mean square; `middle` how much of the mean is
/// subtracted.
fn output(x: &Array<f64>, gain: &Array<f64>, middle: f64, divisor: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let mut y = Vec::new();
    for row in x.data().chunks(SIZE) {
        let mean = row.iter().sum::<f64>() / SIZE as f64;
        let square = row.iter().map(|x| x * x).sum::<f64>() / SIZE as f64;
        y.extend((0..SIZE).map(|j| gain[[j]] * (row[j] - middle * mean) / divisor(mean, square)));
    }
    y
}

#[test]
fn forward() {
    let [x, gain, _] = problem();
    let want = output(&x, &gain, 0.0, |_, square| (square + EPS).sqrt());
    let layer_norm = output(&x, &gain, 1.0, |mean, square| (square - mean * mean + EPS).sqrt());
    let no_mean = output(&x, &gain, 0.0, |_, square| (square * SIZE as f64 + EPS).sqrt());
    let outside = output(&x, &gain, 0.0, |_, square| square.sqrt() + EPS);
    let no_gain = output(&x, &gain.ones_like(), 0.0, |_, square| (square + EPS).sqrt());
    let mistakes: [(&str, &[f64]); 4] = [
        ("the mean was subtracted: that is LayerNorm", &layer_norm),
        ("the squares were summed, not averaged", &no_mean),
        ("eps was added to the root instead of the mean square", &outside),
        ("the gain was left out", &no_gain),
    ];
    let layer = RmsNorm::from_parts(gain, EPS);
    close("forward", &layer.infer(x).to_vec(), &want, 1e-12, &mistakes);
}

/// The gradient of the input through the full Jacobian `dx̂_i/dx_j = r ([i = j] - x̂_i x̂_j / n)`.
fn input_gradient(
    x: &Array<f64>,
    gain: &Array<f64>,
    g: &Array<f64>,
    through_r: f64,
    through_mean: f64,
) -> Vec<f64> {
    let mut dx = Vec::new();
    for (row, x) in x.data().chunks(SIZE).enumerate() {
        let n = SIZE as f64;
        let r = 1.0 / (x.iter().map(|x| x * x).sum::<f64>() / n + EPS).sqrt();
        for j in 0..SIZE {
            let slope =
                |i: usize| r * (f64::from(i == j) - through_mean / n - through_r * x[i] * r * x[j] * r / n);
            dx.push((0..SIZE).map(|i| gain[[i]] * g[[row, i]] * slope(i)).sum());
        }
    }
    dx
}

#[test]
fn backward() {
    let [x, gain, g] = problem();
    let mut layer = RmsNorm::from_parts(gain.clone(), EPS);
    layer.forward(x.clone());
    let dx = layer.backward(g.clone()).to_vec();
    let normalised = output(&x, &gain.ones_like(), 0.0, |_, square| (square + EPS).sqrt());
    let of_rows = |from: usize, term: &dyn Fn(usize) -> f64| -> Vec<f64> {
        (0..SIZE).map(|j| (from..ROWS).map(|row| term(row * SIZE + j)).sum()).collect()
    };
    let want = of_rows(0, &|i| g.data()[i] * normalised[i]);
    let (last, raw) =
        (of_rows(ROWS - 1, &|i| g.data()[i] * normalised[i]), of_rows(0, &|i| g.data()[i] * x.data()[i]));
    let mistakes: [(&str, &[f64]); 2] = [
        ("only the last row counts: replaced instead of added to", &last),
        ("multiplied by x instead of the normalised x̂", &raw),
    ];
    close("gradient of the gain", &layer.weight.grad.to_vec(), &want, 1e-12, &mistakes);

    let want = input_gradient(&x, &gain, &g, 1.0, 0.0);
    let constant = input_gradient(&x, &gain, &g, 0.0, 0.0);
    let with_mean = input_gradient(&x, &gain, &g, 1.0, 1.0);
    let no_gain = input_gradient(&x, &gain.ones_like(), &g, 1.0, 0.0);
    let mistakes: [(&str, &[f64]); 3] = [
        ("r was taken as a constant, but it depends on x", &constant),
        ("the mean of h was subtracted: that belongs to LayerNorm", &with_mean),
        ("the gain was left out", &no_gain),
    ];
    close("gradient of the input", &dx, &want, 1e-10, &mistakes);
}
