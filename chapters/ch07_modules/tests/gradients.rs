//! Gradient checks, laws, and the f32 path against the f64 one.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear, Residual, gradcheck};
use ch07_modules::{Flatten, Sequential};

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

fn network(seed: u64) -> Sequential<f64> {
    let mut rng = Rng::new(seed, "weights");
    let inner = Sequential::new()
        .push(Linear::new(5, 5, &mut rng).to_f64())
        .push(ActivationLayer::new(Activation::Silu));
    Sequential::new()
        .push(Flatten::new())
        .push(Linear::new(6, 5, &mut rng).to_f64())
        .push(ActivationLayer::new(Activation::Tanh))
        .push(Residual::new(inner))
        .push(Linear::new(5, 2, &mut rng).to_f64())
}

#[test]
fn gradcheck_sequential() {
    gradcheck(&mut network(0), &random(&[3, 2, 3], 1));
    gradcheck(&mut network(0), &random(&[0, 2, 3], 1));
    // No layer at all: the identity.
    gradcheck(&mut Sequential::new(), &random(&[3, 2], 2));
    // A chain inside a chain is the longer chain.
    gradcheck(&mut Sequential::new().push(network(1)).push(network2()), &random(&[3, 2, 3], 3));
}

fn network2() -> Sequential<f64> {
    Sequential::new().push(Linear::new(2, 4, &mut Rng::new(2, "weights")).to_f64())
}

#[test]
fn gradcheck_flatten() {
    for shape in [&[4, 3][..], &[2, 3, 4], &[2, 1, 3, 2], &[5], &[0, 3, 2], &[2, 0, 3]] {
        gradcheck(&mut Flatten::new(), &random(shape, 4));
    }
    gradcheck(&mut Flatten::new(), &random(&[2, 3, 4], 5).transpose(0, 2));
}

#[test]
#[should_panic(expected = "2.1: matmul: inner sizes differ: [1, 4] x [5, 3]")]
fn errors_name_the_layer() {
    let mut rng = Rng::new(0, "weights");
    let inner = Sequential::new().push(Flatten::new()).push(Linear::new(5, 3, &mut rng));
    let model = Sequential::new()
        .push(Linear::new(4, 4, &mut rng))
        .push(ActivationLayer::new(Activation::Relu))
        .push(inner);
    model.infer(Tensor::ones([1, 4]));
}
