//! Checks exercise e01_dropout.

#[allow(unused)]
#[path = "../exercises/e01_dropout.rs"]
mod dropout;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch05_backprop::Layer;
use ch12_regularization::Mask;
use dropout::Dropout;

/// Drops a quarter; the mask is given: the first and the last element are kept.
fn layer() -> (Dropout<f64>, Mask) {
    let layer = Dropout::with_stream(0.25, Rng::new(0, "mask"));
    (layer, Mask::from_kept(&Array::from([true, false, true])))
}

#[test]
fn the_factor_keeps_the_mean() {
    let mistakes: [(&str, &[f64]); 3] = [
        ("divided by the probability of dropping, not of keeping", &[4.0]),
        ("multiplied by the probability of keeping: the mean shrinks twice", &[0.75]),
        ("kept elements must grow, to make up for those that are dropped", &[1.0]),
    ];
    close("factor for p = 1/4", &[layer().0.factor()], &[4.0 / 3.0], 1e-12, &mistakes);
}

#[test]
fn backward_uses_the_mask_and_the_factor() {
    let (mut layer, mask) = layer();
    let third = 4.0 / 3.0;
    let y = layer.forward_with(Array::from([1.0, 2.0, 3.0]), mask);
    close("forward", &y.to_vec(), &[third, 0.0, 3.0 * third], 1e-12, &[]);
    let dx = layer.backward(Array::from([10.0, 20.0, 30.0]));
    let mistakes: [(&str, &[f64]); 4] = [
        ("the mask is right, but the factor of the forward pass is missing", &[10.0, 0.0, 30.0]),
        (
            "the factor is right, but dropped elements must get no gradient",
            &[10.0 * third, 20.0 * third, 40.0],
        ),
        ("the gradient went through unchanged", &[10.0, 20.0, 30.0]),
        ("divided by the factor instead of multiplied", &[7.5, 0.0, 22.5]),
    ];
    close("backward", &dx.to_vec(), &[10.0 * third, 0.0, 30.0 * third], 1e-12, &mistakes);
}

#[test]
fn nothing_happens_in_use() {
    let y = layer().0.infer(Array::from([1.0, 2.0, 3.0]));
    let mistakes: [(&str, &[f64]); 2] = [
        ("inverted dropout has made up for it in training: do not scale again", &[0.75, 1.5, 2.25]),
        ("the factor belongs to training, where elements are dropped", &[4.0 / 3.0, 8.0 / 3.0, 4.0]),
    ];
    close("infer", &y.to_vec(), &[1.0, 2.0, 3.0], 1e-12, &mistakes);
}
