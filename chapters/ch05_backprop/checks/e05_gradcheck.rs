//! Checks exercise e05_gradcheck: a gradient check must pass what is right and catch what is wrong.

#[allow(unused)]
#[path = "../exercises/e05_gradcheck.rs"]
mod gradcheck;

use std::panic::{AssertUnwindSafe, catch_unwind};

use ch01_tensors::{Array, Rng};
use ch05_backprop::{Layer, Linear, Module, Visitor};
use gradcheck::gradcheck;

/// A linear layer with one planted mistake in its backward pass.
struct Planted {
    layer: Linear<f64>,
    input_factor: f64,
    bias_factor: f64,
}

fn planted(input_factor: f64, bias_factor: f64) -> Planted {
    Planted { layer: Linear::new(3, 2, &mut Rng::new(0, "init")).to_f64(), input_factor, bias_factor }
}

impl Layer<f64> for Planted {
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        self.layer.forward(x)
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        let bias = &self.layer.bias.as_ref().expect("there is a bias").grad;
        let before = bias.copy();
        let dx = self.layer.backward(grad) * self.input_factor;
        let bias = self.layer.bias.as_mut().expect("there is a bias");
        bias.grad = &before + &((&bias.grad - &before) * self.bias_factor);
        dx
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        self.layer.infer(x)
    }
}

impl Module<f64> for Planted {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.layer.visit(visitor);
    }
}

fn passes(layer: &mut Planted) -> bool {
    let x = Array::from([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]]);
    let result = catch_unwind(AssertUnwindSafe(|| gradcheck(layer, &x)));
    // A stub panics too, but not because it found something.
    if let Err(panic) = &result {
        let said =
            panic.downcast_ref::<String>().cloned().or(panic.downcast_ref::<&str>().map(|s| s.to_string()));
        let said = said.unwrap_or_default();
        assert!(said.starts_with("gradient of"), "{said}");
    }
    result.is_ok()
}

#[test]
fn right_gradients_pass_and_the_layer_is_left_as_it_was() {
    let mut layer = planted(1.0, 1.0);
    let weight = layer.layer.weight.value.copy();
    assert!(passes(&mut layer), "a layer with the right gradients does not pass");
    assert_eq!(layer.layer.weight.value, weight, "the parameter was not put back after it was nudged");
}

#[test]
fn a_wrong_input_gradient_is_caught() {
    assert!(
        !passes(&mut planted(0.5, 1.0)),
        "the gradient of the input was not compared: a wrong one passes"
    );
}

#[test]
fn a_wrong_parameter_gradient_is_caught() {
    let message = "the gradients of the parameters were not compared: a wrong one passes";
    assert!(!passes(&mut planted(1.0, 0.5)), "{message}");
}

#[test]
fn gradients_from_before_do_not_count() {
    let mut layer = planted(1.0, 1.0);
    layer.forward(Array::ones([1, 3]));
    layer.backward(Array::ones([1, 2]));
    let message = "gradients that were there before were counted: compare with what this backward call added";
    assert!(passes(&mut layer), "{message}");
}
