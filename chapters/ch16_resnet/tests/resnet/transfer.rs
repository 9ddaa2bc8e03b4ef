//! Transfer: what learns when, and how fast.

use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, for_each_param, zero_grad};
use ch07_modules::{freeze, state_dict};
use ch09_optimizers::{Group, Groups, Optimizer, Sgd};
use ch16_resnet::*;

fn model(classes: usize) -> ResNet {
    let config = ResNetConfig { width: 2, ..ResNetConfig::new(Kind::Basic, &[1, 1, 1]) }.cifar(classes);
    ResNet::new(&config, &mut Rng::new(0, "init"))
}

/// The first parts of the paths of all parameters that a step has moved, each once.
fn moved(model: &mut ResNet, optimizer: &mut dyn Optimizer) -> Vec<String> {
    let x = Tensor::normal([4, 3, 8, 8], 0.0, 1.0, &mut Rng::new(1, "x"));
    let labels = Array::<i64>::from_fn([4], |i| i[0] as i64 % 2);
    let before = state_dict(model);
    zero_grad(model);
    let y = model.forward(x);
    model.backward(CrossEntropy::default().backward(&Tensor::scalar(1.0), &y, &labels));
    optimizer.step(model, 0.1);
    let mut names = Vec::new();
    for_each_param(model, |path, param| {
        let path = path.to_string();
        let stage = path.split('.').next().unwrap().to_owned();
        if param.value != before[&path] && names.last() != Some(&stage) {
            names.push(stage);
        }
    });
    names
}

fn sgd(groups: Groups) -> Box<dyn Optimizer> {
    Box::new(Sgd::new().groups(groups))
}

#[test]
fn strategies_move_what_they_say() {
    let all = ["conv1", "bn1", "layer1", "layer2", "layer3", "fc"];
    let mut model = model(2);
    assert_eq!(moved(&mut model, &mut *Strategy::Frozen.optimizer(3, sgd)), ["fc"]);
    // What one strategy has frozen, another thaws.
    assert_eq!(moved(&mut model, &mut *Strategy::Uniform.optimizer(3, sgd)), all);
    let mut gradual = Strategy::Gradual { steps: 2, factor: 0.5 }.optimizer(3, sgd);
    for step in 0..10 {
        let from = [5, 4, 3, 2, 0, 0][step / 2];
        assert_eq!(moved(&mut model, &mut *gradual), all[from..], "step {step}");
    }
}

#[test]
fn gradual_unfreezing_goes_on_where_it_was() {
    let mut model = model(2);
    let mut gradual = Strategy::Gradual { steps: 2, factor: 0.5 }.optimizer(3, sgd);
    gradual.set_steps(5);
    assert_eq!(moved(&mut model, &mut *gradual), ["layer2", "layer3", "fc"]);
}

#[test]
fn rates_fall_with_the_depth() {
    let groups = Strategy::Differential { factor: 0.5 }.groups(3);
    let rates =
        ["fc.bias", "layer3.1.conv1.weight", "layer2.0.bn1.weight", "layer1.0.conv2.weight", "bn1.bias"]
            .map(|path| groups.of(path, ch05_backprop::Role::Weight));
    for (i, group) in rates.into_iter().enumerate() {
        assert_eq!(group, Group { rate: 0.5f64.powi(i as i32), decay: 1.0 });
    }
    assert_eq!(groups.of("bn1.bias", ch05_backprop::Role::Norm).decay, 0.0);
    let uniform = Strategy::Uniform.groups(3);
    assert_eq!(uniform.of("conv1.weight", ch05_backprop::Role::Weight).rate, 1.0);
}

#[test]
fn a_new_head_has_its_classes_and_learns() {
    let mut model = model(6);
    let backbone = state_dict(&mut model);
    freeze(&mut model, |_| true);
    let old = replace_head(&mut model, 4, &mut Rng::new(2, "head"));
    assert_eq!(*old.weight.value.shape(), [6, 8]);
    assert_eq!(*model.infer(Tensor::zeros([1, 3, 8, 8])).shape(), [1, 4]);
    let mut learning = Vec::new();
    for_each_param(&mut model, |path, param| {
        if !param.frozen {
            learning.push(path.to_string());
        }
    });
    assert_eq!(learning, ["fc.weight", "fc.bias"]);
    for (name, array) in state_dict(&mut model) {
        assert!(name.starts_with("fc.") || array == backbone[&name], "{name}");
    }
}

#[test]
fn only_the_running_statistics_of_a_frozen_backbone_move() {
    let mut model = model(2);
    let before = state_dict(&mut model);
    moved(&mut model, &mut *Strategy::Frozen.optimizer(3, sgd));
    for (name, array) in state_dict(&mut model) {
        let statistics = name.contains("running_");
        assert_eq!(array != before[&name], statistics || name.starts_with("fc."), "{name}");
    }
}
