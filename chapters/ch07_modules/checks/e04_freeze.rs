//! Checks exercise e04_freeze.

#[allow(unused)]
#[path = "../exercises/e04_freeze.rs"]
mod freeze;

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::{Linear, Module, Visitor, for_each_param};
use ch07_modules::Sequential;
use freeze::{count_parameters, count_trainable, freeze, unfreeze};

/// 3·4 + 4 and 4·2 + 2 numbers, and a buffer.
struct Model {
    layers: Sequential,
    mean: Tensor,
}

impl Module for Model {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        visitor.child("layers", &mut self.layers);
        visitor.buffer("mean", &mut self.mean);
    }
}

fn model() -> Model {
    let rng = &mut Rng::new(0, "init");
    let layers = Sequential::new().push(Linear::new(3, 4, rng)).push(Linear::new(4, 2, rng));
    Model { layers, mean: Tensor::zeros([100]) }
}

fn frozen(model: &mut Model) -> Vec<String> {
    let mut names = Vec::new();
    for_each_param(model, |path, param| names.extend(param.frozen.then(|| path.to_string())));
    names
}

#[test]
fn counting() {
    let count = count_parameters(&mut model());
    assert_ne!(count, 4, "count: the arrays were counted, not their elements");
    assert_ne!(count, 126, "count: the buffer was counted too, but nothing learns it");
    assert_eq!(count, 26, "count");
    let mut model = model();
    for_each_param(&mut model, |_, param| param.frozen = true);
    assert_eq!(count_parameters(&mut model), 26, "count: frozen parameters were left out");
    assert_eq!(count_trainable(&mut model), 0, "count of what is trained");
}

#[test]
fn freezing() {
    let mut model = model();
    let named = freeze(&mut model, |path| path.starts_with("layers.0."));
    let now = frozen(&mut model);
    assert_ne!(
        now,
        ["layers.1.weight", "layers.1.bias"],
        "set: the parameters that were not named are frozen"
    );
    assert_eq!(now, ["layers.0.weight", "layers.0.bias"], "set: what is frozen");
    assert_eq!(named, 2, "set: how many arrays were named");

    // A second call adds to the first.
    freeze(&mut model, |path| path == "layers.1.bias");
    let now = frozen(&mut model);
    assert_ne!(now, ["layers.1.bias"], "set: a second call undid the first; leave the others as they are");
    assert_eq!(
        now,
        ["layers.0.weight", "layers.0.bias", "layers.1.bias"],
        "set: what is frozen after two calls"
    );

    assert_eq!(unfreeze(&mut model, |path| path.ends_with("bias")), 2, "set: how many arrays were named");
    assert_eq!(frozen(&mut model), ["layers.0.weight"], "set: what is frozen after unfreezing the biases");
    assert_eq!(freeze(&mut model, |_| false), 0, "set: nothing was named");
}
