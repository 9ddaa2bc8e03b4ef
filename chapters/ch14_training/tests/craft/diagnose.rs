//! Each of ten bugs is planted in a training that is healthy otherwise; its name must be found, and no other.

use std::sync::Arc;

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{Activation, softmax, softmax_backward};
use ch04_losses::CrossEntropy;
use ch05_backprop::{ActivationLayer, Layer, Linear, Module, Role, Visitor, for_each_param, zero_grad};
use ch07_modules::Sequential;
use ch09_optimizers::{AdamW, Optimizer, Sgd};
use ch13_data::Loader;
use ch14_training::diagnose::{Bug, Report, Subject, diagnose};

use crate::common::{CLASSES, INPUTS, Points};

/// What may be wrong with a training; nothing at first.
#[derive(Clone, Copy)]
struct Plan {
    rate: f64,
    adam: bool,
    zero_grad: bool,
    /// Softmax before the loss.
    softmax: bool,
    /// Softmax as the model's last layer.
    softmax_layer: bool,
    /// Applied to each parameter of the fresh model, by its path.
    alter: fn(&str, &mut Tensor),
    /// Marks this parameter as frozen.
    frozen: &'static str,
    /// Hides this parameter's gradient from the optimizer, as one does that was made for other parameters.
    forgotten: &'static str,
}

const HEALTHY: Plan = Plan {
    rate: 0.05,
    adam: false,
    zero_grad: true,
    softmax: false,
    softmax_layer: false,
    alter: |_, _| (),
    frozen: "none",
    forgotten: "none",
};

/// Softmax as a layer.
struct Softmax(Vec<Tensor>);

impl Module for Softmax {
    fn visit(&mut self, _: &mut Visitor<'_, f32>) {}
}

impl Layer for Softmax {
    fn forward(&mut self, x: Tensor) -> Tensor {
        self.0.push(softmax(x, 1));
        self.0[self.0.len() - 1].clone()
    }

    fn backward(&mut self, grad: Tensor) -> Tensor {
        softmax_backward(grad, &self.0.pop().unwrap(), 1)
    }

    fn infer(&self, x: Tensor) -> Tensor {
        softmax(x, 1)
    }
}

fn subject(plan: Plan) -> Subject {
    let mut rng = Rng::new(3, "init");
    let relu = || ActivationLayer::new(Activation::Relu);
    let mut model = Sequential::new()
        .push(Linear::new(INPUTS, 32, &mut rng))
        .push(relu())
        .push(Linear::new(32, 32, &mut rng))
        .push(relu())
        .push(Linear::new(32, CLASSES, &mut rng));
    for_each_param(&mut model, |path, param| {
        // Kaiming's variance instead of the layer's own.
        if param.role == Role::Weight {
            let std = (2.0 / param.value.dim(1) as f64).sqrt();
            param.value = Tensor::normal(*param.value.shape(), 0.0, std, &mut rng);
        } else {
            param.value.fill(0.0);
        }
        (plan.alter)(&path.to_string(), &mut param.value);
        param.frozen = path.to_string() == plan.frozen;
    });
    if plan.softmax_layer {
        model = model.push(Softmax(Vec::new()));
    }
    let mut optimizer: Box<dyn Optimizer> =
        if plan.adam { Box::new(AdamW::new()) } else { Box::new(Sgd::new().momentum(0.9)) };
    let criterion = CrossEntropy::default();
    let step = move |model: &mut Sequential, input: &Tensor, labels: &Array<i64>| {
        if plan.zero_grad {
            zero_grad(model);
        }
        let logits = Layer::forward(model, input.clone());
        let one = Tensor::scalar(1.0);
        let (loss, grad) = if plan.softmax {
            let p = softmax(logits, 1);
            let grad = criterion.backward(&one, &p, labels);
            (criterion.forward(&p, labels), softmax_backward(grad, &p, 1))
        } else {
            (criterion.forward(&logits, labels), criterion.backward(&one, &logits, labels))
        };
        Layer::backward(model, grad);
        let mut kept = None;
        for_each_param(model, |path, param| {
            if path.to_string() == plan.forgotten {
                kept = Some(param.value.clone());
            }
        });
        optimizer.step(model, plan.rate);
        for_each_param(model, |path, param| {
            if path.to_string() == plan.forgotten {
                param.value = kept.take().unwrap();
            }
        });
        f64::from(loss.item())
    };
    Subject { model, step: Box::new(step) }
}

fn points() -> [Points; 2] {
    [Points::new(800, 0.0, 0), Points::new(300, 0.0, 1)]
}

fn examine_on(plan: Plan, [train, valid]: [Points; 2]) -> Report {
    let train = Loader::new(Arc::new(train), 32).seed(5).shuffle(true);
    let report = diagnose(&|| subject(plan), &train, &Loader::new(Arc::new(valid), 64));
    println!("{report}{:?}\n", report.signals);
    report
}

fn examine(plan: Plan) -> Report {
    examine_on(plan, points())
}

#[track_caller]
fn assert_found(report: &Report, bug: Bug) {
    assert_eq!(report.bugs(), [bug], "{report}{:?}", report.signals);
    let text = report.to_string();
    assert!(text.contains(bug.name()) && text.contains(bug.cure()), "{text}");
}

#[test]
fn a_healthy_training_has_no_finding() {
    let plans = [
        HEALTHY,
        Plan { rate: 0.02, ..HEALTHY },
        Plan { rate: 3e-3, adam: true, ..HEALTHY },
        // Zeros are a good beginning for the last layer.
        Plan {
            alter: |path, value| {
                if path.starts_with("4.") {
                    value.fill(0.0)
                }
            },
            ..HEALTHY
        },
    ];
    for plan in plans {
        let report = examine(plan);
        assert!(report.is_healthy() && report.not_judged.is_empty(), "{report}{:?}", report.signals);
        assert_eq!(report.to_string(), "nothing found\n");
    }
}

#[test]
fn planted_shuffled_labels() {
    let mut data = points();
    Rng::new(7, "shuffle").shuffle(&mut data[0].labels);
    assert_found(&examine_on(HEALTHY, data), Bug::ShuffledLabels);
}

#[test]
fn planted_missing_zero_grad() {
    assert_found(&examine(Plan { zero_grad: false, ..HEALTHY }), Bug::MissingZeroGrad);
    assert_found(
        &examine(Plan { zero_grad: false, rate: 3e-3, adam: true, ..HEALTHY }),
        Bug::MissingZeroGrad,
    );
}

#[test]
fn planted_double_softmax() {
    assert_found(&examine(Plan { softmax_layer: true, ..HEALTHY }), Bug::DoubleSoftmax);
    assert_found(&examine(Plan { softmax: true, ..HEALTHY }), Bug::DoubleSoftmax);
}

#[test]
fn planted_dead_relus() {
    let biases = |path: &str, value: &mut Tensor| {
        if path == "2.bias" {
            value.fill(-8.0);
        }
    };
    assert_found(&examine(Plan { alter: biases, ..HEALTHY }), Bug::DeadRelus);
}

#[test]
fn planted_wrong_init() {
    let zeros = |path: &str, value: &mut Tensor| {
        if path == "2.weight" {
            value.fill(0.0)
        }
    };
    let small = |path: &str, value: &mut Tensor| {
        if path == "2.weight" {
            *value = &*value * 0.01
        }
    };
    let large = |path: &str, value: &mut Tensor| {
        if path.ends_with("weight") {
            *value = &*value * 4.0
        }
    };
    for alter in [zeros, small, large] {
        assert_found(&examine(Plan { alter, ..HEALTHY }), Bug::WrongInit);
    }
}

#[test]
fn planted_rate_too_high() {
    assert_found(&examine(Plan { rate: 3.0, ..HEALTHY }), Bug::RateTooHigh);
    assert_found(&examine(Plan { rate: 1.0, adam: true, ..HEALTHY }), Bug::RateTooHigh);
}

#[test]
fn planted_rate_too_low() {
    assert_found(&examine(Plan { rate: 1e-5, ..HEALTHY }), Bug::RateTooLow);
    assert_found(&examine(Plan { rate: 1e-7, adam: true, ..HEALTHY }), Bug::RateTooLow);
}

#[test]
fn planted_leaked_validation_data() {
    let [train, mut valid] = points();
    for i in 0..20 {
        (valid.points[i], valid.labels[i]) = (train.points[3 * i], train.labels[3 * i]);
    }
    assert_found(&examine_on(HEALTHY, [train, valid]), Bug::LeakedValidation);
}

#[test]
fn planted_un_normalised_input() {
    let scaled = |change: fn(usize, f32) -> f32| {
        let mut data = points();
        for point in data.iter_mut().flat_map(|set| &mut set.points) {
            point.iter_mut().enumerate().for_each(|(feature, x)| *x = change(feature, *x));
        }
        examine_on(HEALTHY, data)
    };
    assert_found(&scaled(|_, x| 255.0 * x), Bug::InputNotNormalised);
    assert_found(&scaled(|_, x| x + 5.0), Bug::InputNotNormalised);
    assert_found(&scaled(|feature, x| if feature == 3 { 100.0 * x } else { x }), Bug::InputNotNormalised);
    let report = scaled(|_, x| 255.0 * x);
    assert!(report.not_judged.contains(&Bug::RateTooHigh), "it cannot be judged: {report}");
}

#[test]
fn planted_frozen_layer() {
    let marked = examine(Plan { frozen: "2.weight", ..HEALTHY });
    assert_found(&marked, Bug::FrozenLayer);
    assert!(marked.to_string().contains("2.weight is marked as frozen"), "{marked}");
    let forgotten = examine(Plan { forgotten: "0.bias", ..HEALTHY });
    assert_found(&forgotten, Bug::FrozenLayer);
    assert!(forgotten.to_string().contains("0.bias has gradients, but no optimizer moves it"), "{forgotten}");
}

#[test]
fn what_has_no_name_is_still_noticed() {
    // A rate below 0 is refused by optimizers; a gradient of the wrong sign is not.
    let make = || {
        let Subject { model, .. } = subject(HEALTHY);
        let step = |model: &mut Sequential, input: &Tensor, labels: &Array<i64>| {
            zero_grad(model);
            let logits = Layer::forward(model, input.clone());
            let criterion = CrossEntropy::default();
            Layer::backward(model, criterion.backward(&Tensor::scalar(-1.0), &logits, labels));
            Sgd::new().step(model, 0.05);
            f64::from(criterion.forward(&logits, labels).item())
        };
        Subject { model, step: Box::new(step) }
    };
    let [train, valid] = points();
    let report = diagnose(&make, &Loader::new(Arc::new(train), 32), &Loader::new(Arc::new(valid), 64));
    assert_found(&report, Bug::CannotMemorise);
}
