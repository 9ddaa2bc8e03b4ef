//! Checks exercise e02_activation.

#[allow(unused)]
#[path = "../exercises/e02_activation.rs"]
mod activation;

use activation::ActivationLayer;
use ch00_start::check::close;
use ch01_tensors::Array;
use ch03_neurons::Activation;
use ch05_backprop::Layer;

const X: [f64; 4] = [-1.5, -0.3, 0.4, 2.0];
const G: [f64; 4] = [1.0, -2.0, 3.0, 0.5];

/// tanh and its slope, from their definitions.
fn tanh(x: f64) -> f64 {
    (x.exp() - (-x).exp()) / (x.exp() + (-x).exp())
}

fn slope(x: f64) -> f64 {
    1.0 - tanh(x) * tanh(x)
}

#[test]
fn forward_and_backward() {
    let mut layer = ActivationLayer::<f64>::new(Activation::Tanh);
    let y = layer.forward(Array::from(X));
    close("forward", &y.to_vec(), &X.map(tanh), 1e-12, &[("returned the input unchanged", &X)]);
    let dx = layer.backward(Array::from(G));
    let with = |f: fn(f64) -> f64| -> [f64; 4] { std::array::from_fn(|i| G[i] * f(X[i])) };
    let mistakes: [(&str, &[f64]); 3] = [
        ("the slope was taken at the output instead of the input", &with(|x| slope(tanh(x)))),
        ("the slope f'(x) is missing", &G),
        ("f(x) was multiplied instead of its slope", &with(tanh)),
    ];
    close("backward", &dx.to_vec(), &with(slope), 1e-12, &mistakes);
}

#[test]
fn used_twice_in_a_step() {
    let mut layer = ActivationLayer::<f64>::new(Activation::Tanh);
    layer.forward(Array::from(X));
    layer.forward(Array::from(X.map(|x| x / 2.0)));
    let second: [f64; 4] = std::array::from_fn(|i| G[i] * slope(X[i] / 2.0));
    let first: [f64; 4] = std::array::from_fn(|i| G[i] * slope(X[i]));
    let message = "went back through the first forward call before the last";
    close("first backward", &layer.backward(Array::from(G)).to_vec(), &second, 1e-12, &[(message, &first)]);
    close("second backward", &layer.backward(Array::from(G)).to_vec(), &first, 1e-12, &[]);
}
