//! Checks exercise e01_sequential.

#[allow(unused)]
#[path = "../exercises/e01_sequential.rs"]
mod sequential;

use ch00_start::check::close;
use ch01_tensors::{Array, context};
use ch05_backprop::{Layer, Module, Param, Role, Visitor, for_each_param};
use sequential::Sequential;

/// `y = scale x + shift`, with a gradient that says which layer made it; fails outside of layer `place`.
struct Affine {
    scale: Param<f64>,
    shift: f64,
    place: usize,
}

impl Affine {
    fn new(place: usize, scale: f64, shift: f64) -> Self {
        Affine { scale: Param::new(Array::scalar(scale), Role::Weight), shift, place }
    }

    fn check(&self, what: &str) {
        let path = context::path();
        let place = self.place;
        assert_eq!(path, place.to_string(), "{what}: layer {place} was called inside the path `{path}`");
    }
}

impl Layer<f64> for Affine {
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        self.check("forward");
        x * self.scale.value.item() + self.shift
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        self.check("backward");
        // Not linear in the gradient, so that the order of the layers shows.
        grad * self.scale.value.item() + self.shift
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        x * self.scale.value.item() + self.shift
    }
}

impl Module<f64> for Affine {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        visitor.param("scale", &mut self.scale);
    }
}

/// Forward: ((x · 2 + 1) · 3 + 10) · 5 + 100.
fn chain() -> Sequential<f64> {
    Sequential::new()
        .push(Affine::new(0, 2.0, 1.0))
        .push(Affine::new(1, 3.0, 10.0))
        .push(Affine::new(2, 5.0, 100.0))
}

#[test]
fn forward() {
    let y = chain().forward(Array::from([1.0, -1.0]));
    let mistakes: [(&str, &[f64]); 3] = [
        ("the layers were called from the last to the first", &[651.0, 591.0]),
        ("each layer got the input of the chain: only the last one counted", &[105.0, 95.0]),
        ("the last layer was left out", &[19.0, 7.0]),
    ];
    close("forward", &y.to_vec(), &[195.0, 135.0], 1e-12, &mistakes);
}

#[test]
fn backward() {
    let mut chain = chain();
    chain.forward(Array::from([1.0, -1.0]));
    let dx = chain.backward(Array::from([1.0, 2.0]));
    // From the last layer: ((g · 5 + 100) · 3 + 10) · 2 + 1.
    let mistakes: [(&str, &[f64]); 3] = [
        ("the gradient went through the layers from the first to the last", &[195.0, 225.0]),
        ("each layer got the gradient of the output: only the first one counted", &[3.0, 5.0]),
        ("the first layer was left out: the gradient has to reach the input", &[325.0, 340.0]),
    ];
    close("backward", &dx.to_vec(), &[651.0, 681.0], 1e-12, &mistakes);
}

#[test]
fn visit() {
    let mut names = Vec::new();
    for_each_param(&mut chain(), |path, param| names.push((path.to_string(), param.value.item())));
    assert!(!names.is_empty(), "visit: no layer was shown: nothing would be trained or saved");
    let shown: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(shown, ["0.scale", "1.scale", "2.scale"], "visit: the names of the parameters");
    let values: Vec<f64> = names.iter().map(|(_, value)| *value).collect();
    close(
        "visit",
        &values,
        &[2.0, 3.0, 5.0],
        0.0,
        &[("the numbers do not belong to the layers", &[5.0, 3.0, 2.0])],
    );
}
