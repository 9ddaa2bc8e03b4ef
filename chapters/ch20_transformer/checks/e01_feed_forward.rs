//! Checks exercise e01_feed_forward.

#[allow(unused)]
#[path = "../exercises/e01_feed_forward.rs"]
mod feed_forward;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch03_neurons::{Activation, numerical_gradient};
use ch05_backprop::Layer;
use feed_forward::FeedForward;

fn random(seed: u64) -> Array<f64> {
    Array::normal([2, 3], 0.0, 1.0, &mut Rng::new(seed, "check"))
}

#[test]
fn forward_and_backward() {
    let mut layer = FeedForward::new(3, 4, &mut Rng::new(0, "check")).to_f64();
    let weights = [&layer.fc1, &layer.fc2].map(|fc| fc.weight.value.clone());
    let biases = [&layer.fc1, &layer.fc2].map(|fc| fc.bias.as_ref().unwrap().value.clone());
    let linear = |i: usize, x: Array<f64>| ch02_matmul::matmul(&x, &weights[i].clone().t()) + &biases[i];
    let plain = |x: &Array<f64>| linear(1, Activation::Gelu.forward(linear(0, x.clone())));
    let (x, g) = (random(1), random(2));
    let straight = linear(1, linear(0, x.clone())).to_vec();
    let mistakes: [(&str, &[f64]); 1] = [("without an activation two linear layers are but one", &straight)];
    close("forward", &layer.forward(x.clone()).to_vec(), &plain(&x).to_vec(), 1e-12, &mistakes);

    let want = numerical_gradient(|x| (plain(x) * &g).sum_all(), &x).to_vec();
    let skipped = numerical_gradient(|x| (linear(1, linear(0, x.clone())) * &g).sum_all(), &x).to_vec();
    let mistakes: [(&str, &[f64]); 1] = [("the gradient does not go back through the activation", &skipped)];
    close("backward", &layer.backward(g).to_vec(), &want, 1e-8, &mistakes);
}
