//! States, freezing and files.

use std::collections::BTreeMap;

use ch01_tensors::{Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear, sgd_step};
use ch07_modules::{Sequential, load_state_dict, safetensors, state_dict};

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
