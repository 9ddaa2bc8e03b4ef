//! Checks exercise e04_fold.

#[allow(unused)]
#[path = "../exercises/e04_fold.rs"]
mod fold;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch05_backprop::Layer;
use ch11_normalization::BatchNorm2d;
use ch15_convolution::{Conv2d, Conv2dOptions};

fn draw(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "numbers"))
}

fn layers() -> (Conv2d<f64>, BatchNorm2d<f64>) {
    let options = Conv2dOptions { stride: [2, 1], padding: [1, 0], ..Conv2dOptions::default() };
    let conv = Conv2d::from_parts(draw(&[4, 3, 3, 2], 1), Some(draw(&[4], 2)), options);
    let mut norm = BatchNorm2d::new(4);
    norm.weight.value = draw(&[4], 3);
    norm.bias.value = draw(&[4], 4);
    norm.running_mean = draw(&[4], 5);
    norm.running_var = draw(&[4], 6).exp() * 0.1;
    // Large enough to be seen when it is forgotten.
    norm.eps = 0.05;
    (conv, norm)
}

/// Kernel and bias, element by element.
fn folded(
    (conv, norm): &(Conv2d<f64>, BatchNorm2d<f64>),
    factor: impl Fn(f64, f64) -> f64,
    bias: impl Fn(usize, f64, f64) -> f64,
) -> [Vec<f64>; 2] {
    let (gamma, variance) = (norm.weight.value.to_vec(), norm.running_var.to_vec());
    let factors: Vec<f64> = gamma.iter().zip(&variance).map(|(&gamma, &var)| factor(gamma, var)).collect();
    let before = conv.bias.as_ref().map_or(vec![0.0; 4], |bias| bias.value.to_vec());
    let kernel = conv.weight.value.to_vec();
    [
        kernel
            .chunks(kernel.len() / 4)
            .zip(&factors)
            .flat_map(|(w, f)| w.iter().map(move |w| w * f))
            .collect(),
        before.iter().zip(&factors).enumerate().map(|(o, (&before, &f))| bias(o, before, f)).collect(),
    ]
}

#[test]
fn kernel_and_bias() {
    let mut layers = layers();
    for with_bias in [true, false] {
        if !with_bias {
            layers.0.bias = None;
        }
        let norm = &layers.1;
        let (mean, beta, eps) = (norm.running_mean.to_vec(), norm.bias.value.to_vec(), norm.eps);
        let factor = |gamma: f64, var: f64| gamma / (var + eps).sqrt();
        let right = |o: usize, before: f64, f: f64| (before - mean[o]) * f + beta[o];
        let [kernel, bias] = folded(&layers, factor, right);
        let [without_root, _] = folded(&layers, |gamma, var| gamma / (var + eps), right);
        let [without_eps, _] = folded(&layers, |gamma, var| gamma / var.sqrt(), right);
        let [_, not_scaled] = folded(&layers, factor, |o, before, f| before - mean[o] * f + beta[o]);
        let [_, mean_kept] = folded(&layers, factor, |o, before, f| before * f + beta[o]);
        let [_, mean_not_scaled] = folded(&layers, factor, |o, before, f| before * f - mean[o] + beta[o]);
        let got = fold::fold_batch_norm(&layers.0, &layers.1);
        let mistakes: [(&str, &[f64]); 2] = [
            ("divided by the variance: the normalisation divides by its root", &without_root),
            ("eps was not added to the variance", &without_eps),
        ];
        close("kernel", &got.weight.value.to_vec(), &kernel, 1e-12, &mistakes);
        let mistakes: [(&str, &[f64]); 3] = [
            (
                "the convolution's bias was not scaled: it goes through the normalisation like the rest",
                &not_scaled,
            ),
            ("the running mean was not subtracted", &mean_kept),
            ("the running mean was not scaled", &mean_not_scaled),
        ];
        let got_bias = got.bias.as_ref().map_or(vec![], |bias| bias.value.to_vec());
        close("bias", &got_bias, &bias, 1e-12, &mistakes);
        let x = draw(&[2, 3, 6, 5], 7);
        let want = layers.1.infer(layers.0.infer(x.clone())).to_vec();
        close("output", &got.infer(x).to_vec(), &want, 1e-12, &[]);
    }
}
