//! Checks exercise e02_layer_norm.

#[allow(unused)]
#[path = "../exercises/e02_layer_norm.rs"]
mod layer_norm;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch05_backprop::Layer;
use layer_norm::LayerNorm;

const ROWS: usize = 3;
const SIZE: usize = 6;
/// Large, so that its place matters.
const EPS: f64 = 0.5;

fn numbers(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.5, 1.5, &mut Rng::new(seed, "numbers"))
}

/// Input, gain, shift, gradient of the output.
fn problem() -> [Array<f64>; 4] {
    [numbers(&[ROWS, SIZE], 1), numbers(&[SIZE], 2), numbers(&[SIZE], 3), numbers(&[ROWS, SIZE], 4)]
}

/// Mean and variance of a row by their definition.
fn mean_variance(x: &[f64]) -> (f64, f64) {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    (mean, x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64)
}

/// `y`, where `divisor` says what a row of a given variance is divided by.
fn output(x: &Array<f64>, gain: &Array<f64>, shift: &Array<f64>, divisor: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut y = Vec::new();
    for row in x.data().chunks(SIZE) {
        let (mean, variance) = mean_variance(row);
        y.extend((0..SIZE).map(|j| gain[[j]] * (row[j] - mean) / divisor(variance) + shift[[j]]));
    }
    y
}

#[test]
fn forward() {
    let [x, gain, shift, _] = problem();
    let (ones, zeros) = (gain.ones_like(), gain.zeros_like());
    let root = |variance: f64| (variance + EPS).sqrt();
    let want = output(&x, &gain, &shift, root);
    let outside = output(&x, &gain, &shift, |variance| variance.sqrt() + EPS);
    let no_eps = output(&x, &gain, &shift, f64::sqrt);
    let no_root = output(&x, &gain, &shift, |variance| variance + EPS);
    let bare = output(&x, &ones, &zeros, root);
    let no_shift = output(&x, &gain, &zeros, root);
    let mistakes: [(&str, &[f64]); 5] = [
        ("eps was added to the root instead of the variance", &outside),
        ("eps was left out", &no_eps),
        ("divided by the variance instead of its root", &no_root),
        ("gain and shift were left out", &bare),
        ("the shift was left out", &no_shift),
    ];
    let mut layer = LayerNorm::from_parts(gain, shift, EPS);
    close("forward", &layer.forward(x.clone()).to_vec(), &want, 1e-12, &mistakes);
    close("infer", &layer.infer(x).to_vec(), &want, 1e-12, &mistakes);
}

/// The gradient of the input through the full Jacobian `dx̂_i/dx_j = r ([i = j] - 1/n - x̂_i x̂_j / n)`; the factors say
/// how much of the ways through mean and variance counts.
fn input_gradient(
    x: &Array<f64>,
    gain: &Array<f64>,
    g: &Array<f64>,
    [through_mean, through_variance]: [f64; 2],
) -> Vec<f64> {
    let mut dx = Vec::new();
    for (row, x) in x.data().chunks(SIZE).enumerate() {
        let (mean, variance) = mean_variance(x);
        let r = 1.0 / (variance + EPS).sqrt();
        let xh: Vec<f64> = x.iter().map(|x| (x - mean) * r).collect();
        for j in 0..SIZE {
            let slope = |i: usize| {
                let own = f64::from(i == j);
                r * (own - through_mean / SIZE as f64 - through_variance * xh[i] * xh[j] / SIZE as f64)
            };
            dx.push((0..SIZE).map(|i| gain[[i]] * g[[row, i]] * slope(i)).sum());
        }
    }
    dx
}

#[test]
fn backward() {
    let [x, gain, shift, g] = problem();
    let mut layer = LayerNorm::from_parts(gain.clone(), shift, EPS);
    layer.forward(x.clone());
    let dx = layer.backward(g.clone()).to_vec();

    let normalised = output(&x, &gain.ones_like(), &gain.zeros_like(), |variance| (variance + EPS).sqrt());
    let of_rows = |rows: std::ops::Range<usize>, term: &dyn Fn(usize) -> f64| -> Vec<f64> {
        (0..SIZE).map(|j| rows.clone().map(|row| term(row * SIZE + j)).sum()).collect()
    };
    let g_xh = |i: usize| g.data()[i] * normalised[i];
    let g_x = |i: usize| g.data()[i] * x.data()[i];
    let (last, raw) = (of_rows(ROWS - 1..ROWS, &g_xh), of_rows(0..ROWS, &g_x));
    let mistakes: [(&str, &[f64]); 2] = [
        ("only the last row counts: replaced instead of added to", &last),
        ("multiplied by x instead of the normalised x̂", &raw),
    ];
    let want = of_rows(0..ROWS, &g_xh);
    close("gradient of the gain", &layer.weight.grad.to_vec(), &want, 1e-12, &mistakes);
    let of_g = |i: usize| g.data()[i];
    let (last, want) = (of_rows(ROWS - 1..ROWS, &of_g), of_rows(0..ROWS, &of_g));
    let mistakes: [(&str, &[f64]); 1] = [("only the last row counts: replaced instead of added to", &last)];
    close("gradient of the shift", &layer.bias.grad.to_vec(), &want, 1e-12, &mistakes);

    let want = input_gradient(&x, &gain, &g, [1.0, 1.0]);
    let constants = input_gradient(&x, &gain, &g, [0.0, 0.0]);
    let mean_only = input_gradient(&x, &gain, &g, [1.0, 0.0]);
    let variance_only = input_gradient(&x, &gain, &g, [0.0, 1.0]);
    let no_gain = input_gradient(&x, &gain.ones_like(), &g, [1.0, 1.0]);
    let mistakes: [(&str, &[f64]); 4] = [
        ("mean and spread were taken as constants, but they depend on x", &constants),
        ("the way through the variance is missing", &mean_only),
        ("the way through the mean is missing", &variance_only),
        ("the gain was left out", &no_gain),
    ];
    close("gradient of the input", &dx, &want, 1e-10, &mistakes);
}

#[test]
fn gradients_add_up() {
    let [x, gain, shift, g] = problem();
    let mut layer = LayerNorm::from_parts(gain, shift, EPS);
    layer.forward(x.clone());
    layer.backward(g.clone());
    let once = layer.weight.grad.to_vec();
    layer.forward(x);
    layer.backward(g);
    let twice: Vec<f64> = once.iter().map(|x| 2.0 * x).collect();
    close("gradient of the gain after two calls", &layer.weight.grad.to_vec(), &twice, 1e-12, &[]);
}
