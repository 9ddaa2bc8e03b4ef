//! Checks exercise e03_clip.

#[allow(unused)]
#[path = "../exercises/e03_clip.rs"]
mod clip;

use ch00_start::check::close;
use ch01_tensors::Array;
use ch05_backprop::Linear;
use clip::{clip_grad_norm, clip_grad_value};

const WEIGHT: [f64; 3] = [3.0, 0.5, -2.0];
const BIAS: [f64; 1] = [6.0];

fn layer() -> Linear<f64> {
    let mut layer = Linear::from_parts(Array::zeros([1, 3]), Some(Array::zeros([1])));
    layer.weight.grad = Array::from([WEIGHT]);
    layer.bias.as_mut().unwrap().grad = Array::from(BIAS);
    layer
}

/// The gradients of weight and bias, one after the other.
fn gradients(layer: &Linear<f64>) -> Vec<f64> {
    [layer.weight.grad.to_vec(), layer.bias.as_ref().unwrap().grad.to_vec()].concat()
}

fn scaled(weight: f64, bias: f64) -> Vec<f64> {
    WEIGHT.iter().map(|g| g * weight).chain(BIAS.map(|g| g * bias)).collect()
}

#[test]
fn by_norm() {
    let of_weight = WEIGHT.iter().map(|g| g * g).sum::<f64>();
    let (of_weight, of_bias, norm) = (of_weight.sqrt(), BIAS[0], (of_weight + BIAS[0] * BIAS[0]).sqrt());
    let mut layer = layer();
    let before = clip_grad_norm(&mut layer, 2.0);
    close(
        "clip_grad_norm: the norm before",
        &[before],
        &[norm],
        1e-12,
        &[("the norm after clipping", &[2.0])],
    );
    let factor = |norm: f64| 2.0 / (norm + 1e-6);
    let (alone, unit) = (scaled(factor(of_weight), factor(of_bias)), scaled(1.0 / norm, 1.0 / norm));
    let (same, upside) = (scaled(1.0, 1.0), scaled(1.0 / factor(norm), 1.0 / factor(norm)));
    let mistakes: [(&str, &[f64]); 4] = [
        ("each parameter was clipped by its own norm: the direction of the whole changed", &alone),
        ("scaled to length 1, not to max_norm", &unit),
        ("nothing was clipped", &same),
        ("divided by the factor", &upside),
    ];
    close("clip_grad_norm", &gradients(&layer), &scaled(factor(norm), factor(norm)), 1e-12, &mistakes);
}

#[test]
fn short_gradients_stay() {
    let mut layer = layer();
    let norm = clip_grad_norm(&mut layer, 100.0);
    let stretched = scaled(100.0 / (norm + 1e-6), 100.0 / (norm + 1e-6));
    let mistakes: [(&str, &[f64]); 1] = [("a short gradient was stretched to max_norm", &stretched)];
    close("clip_grad_norm of short gradients", &gradients(&layer), &scaled(1.0, 1.0), 0.0, &mistakes);
}

#[test]
fn frozen_parameters_and_norms_that_are_no_numbers() {
    let mut layer = layer();
    layer.weight.frozen = true;
    clip_grad_norm(&mut layer, 2.0);
    clip_grad_value(&mut layer, 0.1);
    let message = "clipping: the gradient of a frozen parameter changed";
    assert_eq!(gradients(&layer)[..3], WEIGHT, "{message}");
    for bad in [f64::INFINITY, f64::NAN] {
        layer.bias.as_mut().unwrap().grad = Array::from([bad]);
        layer.weight.frozen = false;
        assert!(!clip_grad_norm(&mut layer, 2.0).is_finite(), "clip_grad_norm: the norm must tell");
        let message = "clip_grad_norm: with a norm that is not finite nothing may change";
        assert_eq!(gradients(&layer)[..3], WEIGHT, "{message}");
    }
}

#[test]
fn by_value() {
    let mut layer = layer();
    clip_grad_value(&mut layer, 2.5);
    let above = [2.5, 0.5, -2.0, 2.5];
    close("clip_grad_value", &gradients(&layer), &above, 0.0, &[]);
    clip_grad_value(&mut layer, 1.5);
    let sign = [1.5, 1.5, -1.5, 1.5];
    let mistakes: [(&str, &[f64]); 3] = [
        ("only cut off from above", &[1.5, 0.5, -2.0, 1.5]),
        ("numbers below the limit were raised to it", &sign),
        ("what was too large became 0", &[0.0, 0.5, 0.0, 0.0]),
    ];
    close("clip_grad_value", &gradients(&layer), &[1.5, 0.5, -1.5, 1.5], 0.0, &mistakes);
    layer.weight.grad = Array::from([[f64::NAN, 1.0, 1.0]]);
    clip_grad_value(&mut layer, 0.5);
    assert!(gradients(&layer)[0].is_nan(), "clip_grad_value: a NaN was hidden");
}
