//! Checks exercise e03_batch_norm.

#[allow(unused)]
#[path = "../exercises/e03_batch_norm.rs"]
mod batch_norm;

use batch_norm::BatchNorm2d;
use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch05_backprop::Layer;

const SHAPE: [usize; 4] = [3, 2, 2, 2];
const M: f64 = 12.0;
const EPS: f64 = 0.5;

fn numbers(seed: u64) -> Array<f64> {
    Array::normal(SHAPE, 0.5, 1.5, &mut Rng::new(seed, "numbers"))
}

fn layer() -> BatchNorm2d<f64> {
    let mut layer = BatchNorm2d::new(2);
    layer.weight.value = Array::from([1.5, -0.5]);
    layer.bias.value = Array::from([0.25, 1.0]);
    layer.eps = EPS;
    layer
}

/// The numbers of one channel, in the order of memory.
fn channel(x: &Array<f64>, c: usize) -> Vec<f64> {
    x.iter().enumerate().filter(|(i, _)| i / 4 % 2 == c).map(|(_, x)| x).collect()
}

/// Mean and variance of a channel, over m.
fn mean_variance(x: &Array<f64>, c: usize) -> (f64, f64) {
    let x = channel(x, c);
    let mean = x.iter().sum::<f64>() / M;
    (mean, x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / M)
}

/// The gradient of the input of channel `c` through the full Jacobian `dx̂_i/dx_j = s ([i = j] - 1/m - x̂_i x̂_j / m)`; the
/// factors say how much of the ways through mean and variance counts.
fn input_gradient(
    x: &Array<f64>,
    g: &Array<f64>,
    c: usize,
    through_mean: f64,
    through_variance: f64,
) -> Vec<f64> {
    let (mean, variance) = mean_variance(x, c);
    let s = 1.0 / (variance + EPS).sqrt();
    let xh: Vec<f64> = channel(x, c).iter().map(|x| (x - mean) * s).collect();
    let g = channel(g, c);
    let slope =
        |i: usize, j: usize| f64::from(i == j) - through_mean / M - through_variance * xh[i] * xh[j] / M;
    let weight = layer().weight.value[[c]];
    (0..12).map(|j| (0..12).map(|i| weight * s * g[i] * slope(i, j)).sum()).collect()
}

#[test]
fn backward() {
    let (x, g) = (numbers(1), numbers(2));
    let mut layer = layer();
    layer.forward(x.clone());
    let dx = layer.backward(g.clone());
    for c in 0..2 {
        let want = input_gradient(&x, &g, c, 1.0, 1.0);
        let s = 1.0 / (mean_variance(&x, c).1 + EPS).sqrt();
        let constants = input_gradient(&x, &g, c, 0.0, 0.0);
        let no_variance = input_gradient(&x, &g, c, 1.0, 0.0);
        let no_mean = input_gradient(&x, &g, c, 0.0, 1.0);
        let not_normalised = input_gradient(&x, &g, c, 1.0, 1.0 / s);
        let no_gain: Vec<f64> = want.iter().map(|dx| dx / layer.weight.value[[c]]).collect();
        let mistakes: [(&str, &[f64]); 5] = [
            ("mean and variance were taken as constants, but they depend on x", &constants),
            ("the way through the variance is missing", &no_variance),
            ("the way through the mean is missing", &no_mean),
            ("multiplied by x - mean instead of x̂", &not_normalised),
            ("the gain was left out", &no_gain),
        ];
        close("gradient of the input", &channel(&dx, c), &want, 1e-10, &mistakes);
    }
}

#[test]
fn running_statistics() {
    let mut layer = layer();
    layer.momentum = 0.25;
    let (mut mean, mut var) = ([0.0; 2], [1.0; 2]);
    for seed in 3..5 {
        let x = numbers(seed);
        layer.forward(x.clone());
        let of: Vec<(f64, f64)> = (0..2).map(|c| mean_variance(&x, c)).collect();
        let step = |old: [f64; 2], share: f64, new: &dyn Fn((f64, f64)) -> f64| -> Vec<f64> {
            (0..2).map(|c| (1.0 - share) * old[c] + share * new(of[c])).collect()
        };
        let want = step(mean, 0.25, &|of| of.0);
        let turned = step(mean, 0.75, &|of| of.0);
        let only = step(mean, 1.0, &|of| of.0);
        let mistakes: [(&str, &[f64]); 3] = [
            ("momentum was taken as the share of the old value", &turned),
            ("replaced by this batch's: nothing of the old value is left", &only),
            ("it did not move", &mean),
        ];
        close("running mean", &layer.running_mean.to_vec(), &want, 1e-12, &mistakes);
        let unbiased = |of: (f64, f64)| of.1 * M / (M - 1.0);
        let want_var = step(var, 0.25, &unbiased);
        let biased = step(var, 0.25, &|of| of.1);
        let turned = step(var, 0.75, &unbiased);
        let mistakes: [(&str, &[f64]); 3] = [
            ("the batch's variance is over m: multiply by m / (m - 1)", &biased),
            ("momentum was taken as the share of the old value", &turned),
            ("it did not move", &var),
        ];
        close("running variance", &layer.running_var.to_vec(), &want_var, 1e-12, &mistakes);
        (mean, var) = ([want[0], want[1]], [want_var[0], want_var[1]]);
    }
}
