//! Gradient checks and laws of LayerNorm, and the f32 path against the f64 one.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, gradcheck};
use ch11_normalization::{LayerNorm, moments};

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

/// Random gain and shift: with gain 1 and shift 0 many mistakes would not show.
fn layer_norm(size: usize, seed: u64) -> LayerNorm<f64> {
    LayerNorm::from_parts(random(&[size], seed), random(&[size], seed + 1), 1e-5)
}

#[test]
fn gradcheck_layer_norm() {
    for (seed, shape) in
        [&[4, 5][..], &[1, 7], &[2, 3, 6], &[8], &[0, 3], &[5, 33], &[3, 1]].iter().enumerate()
    {
        let size = *shape.last().unwrap();
        gradcheck(&mut layer_norm(size, 10 + seed as u64), &random(shape, seed as u64));
    }
    // A transposed view of the input is as good as a contiguous one.
    gradcheck(&mut layer_norm(4, 30), &random(&[4, 5], 31).t());
}

#[test]
fn rows_come_out_with_mean_0_and_variance_1() {
    let x = &random(&[40, 300], 1) * 7.0 + 3.0;
    let y = LayerNorm::new(300).to_f64().infer(x);
    for row in y.data().chunks(300) {
        let (mean, variance) = moments(row);
        assert!(mean.abs() < 1e-12 && (variance - 1.0).abs() < 1e-6, "mean {mean}, variance {variance}");
    }
}

#[test]
#[should_panic(expected = "LayerNorm: input of shape [2, 5] does not end in an axis of 4")]
fn inputs_of_another_size_are_refused() {
    LayerNorm::new(4).forward(Tensor::ones([2, 5]));
}

#[test]
#[should_panic(expected = "LayerNorm::backward: no forward call to go back through")]
fn backward_without_forward_is_refused() {
    LayerNorm::new(4).backward(Tensor::ones([2, 4]));
}
