//! States, freezing and files.

use std::collections::BTreeMap;

use ch01_tensors::{Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear, Module, Param, Role, Visitor, for_each_param, sgd_step};
use ch07_modules::{
    Sequential, count_parameters, count_trainable, freeze, load_state_dict, safetensors, state_dict, summary,
    unfreeze,
};

fn model(seed: u64) -> Sequential {
    let mut rng = Rng::new(seed, "weights");
    Sequential::new()
        .push(Linear::new(3, 4, &mut rng))
        .push(ActivationLayer::new(Activation::Relu))
        .push(Linear::new(4, 2, &mut rng))
}

#[test]
fn a_state_makes_another_module_the_same() {
    let (mut a, mut b) = (model(0), model(1));
    let x = Tensor::normal([5, 3], 0.0, 1.0, &mut Rng::new(0, "input"));
    assert_ne!(a.infer(x.clone()), b.infer(x.clone()));
    load_state_dict(&mut b, &state_dict(&mut a)).unwrap();
    assert_eq!(a.infer(x.clone()), b.infer(x));
}

#[test]
fn a_state_stays_when_training_goes_on() {
    let mut model = model(0);
    let before = state_dict(&mut model);
    let copy: BTreeMap<String, Tensor> = before.iter().map(|(name, a)| (name.clone(), a.copy())).collect();
    model.forward(Tensor::ones([5, 3]));
    model.backward(Tensor::ones([5, 2]));
    sgd_step(&mut model, 0.1);
    assert_ne!(state_dict(&mut model), copy, "the step changed something");
    assert_eq!(before, copy);
}

#[test]
fn a_state_that_does_not_fit_names_everything_and_changes_nothing() {
    let mut model = model(0);
    let before = state_dict(&mut model);
    let mut state = before.clone();
    state.remove("0.bias");
    state.insert("0.weight".into(), Tensor::zeros([4, 4]));
    state.insert("2.bias".into(), Tensor::ones([2]));
    state.insert("fc.weight".into(), Tensor::ones([2]));
    let error = load_state_dict(&mut model, &state).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the state does not fit the module: missing: 0.bias; not in the module: fc.weight; \
         wrong shapes: 0.weight [4, 4] for [4, 3]"
    );
    assert_eq!(state_dict(&mut model), before);
}

#[test]
fn a_file_gives_back_the_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let state = state_dict(&mut model(0));
    let texts = BTreeMap::from([("epoch".to_owned(), "3 \"quoted\" \\ ü".to_owned())]);
    safetensors::write(&path, &state, &texts).unwrap();
    assert_eq!(safetensors::read(&path).unwrap(), (state, texts));
}

/// A module with a parameter, a buffer and a stream, and one whose names clash.
struct Mixed {
    weight: Param,
    mean: Tensor,
    rng: Rng,
    clash: bool,
}

impl Module for Mixed {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        visitor.param("weight", &mut self.weight);
        visitor.buffer(if self.clash { "weight" } else { "mean" }, &mut self.mean);
        visitor.stream("rng", &mut self.rng);
    }
}

fn mixed(clash: bool) -> Mixed {
    let weight = Param::new(Tensor::ones([40, 30]), Role::Weight);
    Mixed { weight, mean: Tensor::zeros([30]), rng: Rng::new(0, "dropout"), clash }
}

#[test]
fn buffers_belong_to_the_state_and_streams_do_not() {
    let mut module = mixed(false);
    let state = state_dict(&mut module);
    assert_eq!(state.keys().collect::<Vec<_>>(), ["mean", "weight"]);
    module.mean = Tensor::ones([30]);
    module.weight.frozen = true;
    load_state_dict(&mut module, &state).unwrap();
    assert_eq!(module.mean, Tensor::zeros([30]));
    assert!(module.weight.frozen, "what is frozen stays frozen");
}

#[test]
#[should_panic(expected = "state_dict: two entries are called weight")]
fn names_that_clash_are_refused() {
    state_dict(&mut mixed(true));
}

#[test]
fn a_loaded_state_is_a_copy_when_it_matters() {
    let mut model = model(0);
    let state = state_dict(&mut model);
    load_state_dict(&mut model, &state).unwrap();
    let weight = state["0.weight"].copy();
    for_each_param(&mut model, |_, param| param.value.data_mut().fill(9.0));
    assert_eq!(state["0.weight"], weight, "training does not write through to the state");
}

#[test]
fn frozen_parameters_keep_their_values_and_pass_gradients_on() {
    let mut model = model(0);
    assert_eq!(freeze(&mut model, |path| path.starts_with("2.")), 2);
    assert_eq!(freeze(&mut model, |path| path == "encoder.weight"), 0);
    assert_eq!((count_parameters(&mut model), count_trainable(&mut model)), (16 + 10, 16));
    let before = state_dict(&mut model);
    for _ in 0..2 {
        model.forward(Tensor::ones([5, 3]));
        model.backward(Tensor::ones([5, 2]));
        sgd_step(&mut model, 0.1);
    }
    let after = state_dict(&mut model);
    for name in ["0.weight", "0.bias", "2.weight", "2.bias"] {
        assert_eq!(before[name] == after[name], name.starts_with("2."), "{name}");
    }
    assert_eq!(unfreeze(&mut model, |path| path.ends_with("bias")), 2);
    assert_eq!(count_trainable(&mut model), 16 + 2);
}

#[test]
fn the_summary_says_what_is_what() {
    let mut module = mixed(false);
    module.weight.frozen = true;
    assert_eq!(
        summary(&mut module),
        "\
name    shape     parameters
weight  [40, 30]       1,200 (frozen)
mean    [30]               - (buffer)
total                  1,200, 0 trained, 4920 bytes
"
    );
}
