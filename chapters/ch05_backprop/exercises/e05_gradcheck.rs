//! The gradient check: does `backward` compute the derivative of `forward`?
//!
//! The output is an array, the check needs a number: a fixed random array `c` of the output's shape is drawn, and the
//! loss is `L = sum(c * y)`. Then `dL/dy = c`, and `backward(c)` must return `dL/dx` and add `dL/dp` to every parameter.
//! Finite differences (chapter 3) say what those are, one element at a time, in f64.

use ch01_tensors::{Array, Rng};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch05_backprop::{Layer, Module, for_each_param};

/// Compares the gradient of the input and of every parameter with finite differences (`torch.autograd.gradcheck`).
///
/// `layer` must compute the same for the same input every time, and `x` should lie away from kinks (0 for ReLU).
/// Parameters keep their values; gradients are left as found.
///
/// # Panics
/// At the first element with `|a - n| > 1e-6 max(|a|, |n|) + 1e-8`, naming it.
#[track_caller]
pub fn gradcheck(layer: &mut dyn Layer<f64>, x: &Array<f64>) {
    let shape = *layer.infer(x.clone()).shape();
    let c = Array::normal(shape, 0.0, 1.0, &mut Rng::new(0, "gradcheck"));

    // What backward says. Gradients add up, so what counts is the difference to what was there before.
    let before = gradients(layer);
    layer.forward(x.clone());
    let input_gradient = layer.backward(c.clone());
    let after = gradients(layer);
    // `backward_params` adds the same once more.
    layer.forward(x.clone());
    layer.backward_params(c.clone());
    for (((path, before), (_, after)), (_, twice)) in before.iter().zip(&after).zip(&gradients(layer)) {
        assert_gradient(&format!("{path} by backward_params"), &(twice - after), &(after - before));
    }

    // Yours: The numerical gradient of `loss(layer, x, &c)` as a function of x, compared with
    // `input_gradient` by `assert_gradient("the input", …)`.
    todo!();
    for (index, ((path, before), (_, after))) in before.iter().zip(&after).enumerate() {
        let value = set(layer, index, None);
        // Yours: The same for parameter number `index`: nudge it with `set`, compute the loss, put the
        // old value back afterwards, and compare with what backward added to its gradient.
        todo!()
    }
    let mut before = before.into_iter();
    for_each_param(layer, |_, param| param.grad = before.next().expect("as many as at the start").1);
}

fn loss(layer: &mut dyn Layer<f64>, x: &Array<f64>, c: &Array<f64>) -> f64 {
    let y = layer.forward(x.clone());
    let loss = (&y * c).sum_all();
    layer.backward(c.clone()); // takes back what forward pushed
    loss
}

fn gradients(layer: &mut dyn Module<f64>) -> Vec<(String, Array<f64>)> {
    let mut found = Vec::new();
    for_each_param(layer, |path, param| found.push((path.to_string(), param.grad.copy())));
    found
}

/// Replaces the value of the parameter with this number, if there is a new one; returns the old one.
fn set(layer: &mut dyn Module<f64>, index: usize, value: Option<&Array<f64>>) -> Array<f64> {
    let (mut number, mut old) = (0, None);
    for_each_param(layer, |_, param| {
        if number == index {
            old = Some(param.value.clone());
            if let Some(value) = value {
                param.value = value.clone();
            }
        }
        number += 1;
    });
    old.expect("the parameter was there before")
}
