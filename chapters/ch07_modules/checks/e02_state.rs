//! Checks exercise e02_state.

#[allow(unused)]
#[path = "../exercises/e02_state.rs"]
mod state;

use std::collections::BTreeMap;

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::{Linear, Module, Visitor};
use state::{StateError, load_state_dict, state_dict};

/// A layer, and a buffer as BatchNorm has one.
struct Model {
    linear: Linear,
    mean: Tensor,
}

impl Module for Model {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        visitor.child("linear", &mut self.linear);
        visitor.buffer("mean", &mut self.mean);
    }
}

fn model() -> Model {
    Model { linear: Linear::new(3, 2, &mut Rng::new(0, "init")), mean: Tensor::zeros([3]) }
}

type State = BTreeMap<String, Tensor>;

fn state() -> State {
    state_dict(&mut Model { linear: Linear::new(3, 2, &mut Rng::new(1, "init")), mean: Tensor::ones([3]) })
}

#[test]
fn what_fits_is_loaded() {
    let mut model = model();
    let loaded = load_state_dict(&mut model, &state());
    assert_eq!(loaded, Ok(()), "load: a state that fits was refused");
    assert_ne!(model.mean, Tensor::zeros([3]), "load: buffers were left out");
    assert_eq!(state_dict(&mut model), state(), "load: the module does not have the values of the state");
}

/// Loads a state with one thing wrong; it must be refused with this error, and change nothing.
#[track_caller]
fn assert_refused(what: &str, change: impl FnOnce(&mut State), expected: StateError) {
    let (mut model, mut state) = (model(), state());
    change(&mut state);
    let before = state_dict(&mut model);
    let error = load_state_dict(&mut model, &state);
    let error = error.expect_err(&format!("check: {what} passes"));
    if error.shapes.iter().zip(&expected.shapes).any(|(got, want)| (&got.1, &got.2) == (&want.2, &want.1)) {
        panic!("check: the state's shape comes first, then the module's; they are the other way round");
    }
    assert_eq!(error, expected, "check: {what}");
    assert_eq!(state_dict(&mut model), before, "load: a state that does not fit changed the module");
}

#[test]
fn a_missing_name_is_refused() {
    let expected = StateError { missing: vec!["linear.bias".into()], ..Default::default() };
    assert_refused("a state that lacks linear.bias", |state| drop(state.remove("linear.bias")), expected);
}

#[test]
fn an_unexpected_name_is_refused() {
    let expected = StateError { unexpected: vec!["head.weight".into()], ..Default::default() };
    let change = |state: &mut State| drop(state.insert("head.weight".into(), Tensor::ones([1])));
    assert_refused("a state with head.weight, which the module has not,", change, expected);
}

#[test]
fn another_shape_is_refused() {
    // As many elements, so that only a comparison of shapes finds it.
    let wrong = ("linear.weight".into(), vec![3, 2], vec![2, 3]);
    let expected = StateError { shapes: vec![wrong], ..Default::default() };
    let change = |state: &mut State| drop(state.insert("linear.weight".into(), Tensor::ones([3, 2])));
    assert_refused("a weight [3, 2] in place of [2, 3]", change, expected);
}

#[test]
fn everything_wrong_is_listed_at_once() {
    let expected = StateError {
        missing: vec!["linear.bias".into(), "mean".into()],
        unexpected: vec!["a".into(), "z".into()],
        shapes: vec![("linear.weight".into(), vec![6], vec![2, 3])],
    };
    let change = |state: &mut State| {
        state.retain(|name, _| name == "linear.weight");
        state.insert("linear.weight".into(), Tensor::ones([6]));
        state.insert("a".into(), Tensor::ones([1]));
        state.insert("z".into(), Tensor::ones([1]));
    };
    assert_refused("a state with five mistakes", change, expected);
}
