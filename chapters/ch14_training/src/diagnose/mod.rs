//! `diagnose`: why does this model not train?
//!
//! Most bugs of training give no error message: the loss falls a little, or falls and means nothing. Each leaves a sign
//! of its own, though, if one asks the right question. The questions here change one thing and compare: the same step
//! with gradients zeroed from outside, a part of a step and a multiple of it, the nearest neighbour's label instead of
//! the model's.
//!
//! Bugs hide each other: with an un-normalised input, weights and rates look wrong too. So the questions are asked in an
//! order, data first, and what cannot be judged before something is cured is said to be so, and not guessed at.
//!
//! The thresholds are far from what healthy trainings show, not sharp: a rate three times too large is a matter of
//! taste, one a hundred times too large is found. Left out: models that are no chain of layers, inputs that are no dense
//! numbers (a bag of words is never "normalised"), and data so hard that nothing is learned in a few steps and
//! neighbours say nothing either, which look like shuffled labels.

mod data;
mod network;
mod report;
mod run;

use ch01_tensors::{Array, Tensor};
use ch05_backprop::Layer;
use ch07_modules::Sequential;
use ch13_data::{Batch, Dataset, Loader};

pub use report::{Bug, Finding, Report};

/// One step of the training under suspicion, as it is: takes a batch of inputs and labels, changes the model, returns
/// the loss.
pub type TrainingStep = Box<dyn FnMut(&mut Sequential, &Tensor, &Array<i64>) -> f64>;

/// A model and the step that trains it.
pub struct Subject {
    /// The model, with its first weights.
    pub model: Sequential,
    /// One step.
    pub step: TrainingStep,
}

type Make<'a> = dyn Fn() -> Subject + 'a;

impl Subject {
    fn step_on(&mut self, batch: &Batch<Tensor>) -> f64 {
        (self.step)(&mut self.model, &batch.input, &batch.labels)
    }
}

/// Examples that are looked at.
const EXAMPLES: usize = 512;
/// Steps of the short training, and steps on one batch.
const STEPS: usize = 60;

// ANCHOR: diagnose
/// Examines a training: its data, its model and its first steps.
///
/// `make` builds the model and its step from the start, alike each time (with the same seed): each question gets a
/// fresh one. `train` and `valid` are the loaders of the training, without augmentation if leaks are to be found. The
/// model's logits are `[batch, classes]`.
///
/// # Panics
/// When there are fewer than two batches to train on, and as the model does when it and the data do not fit.
pub fn diagnose<D, V>(make: &Make<'_>, train: &Loader<D>, valid: &Loader<V>) -> Report
where
    D: Dataset<Input = Tensor>,
    V: Dataset<Input = Tensor>,
{
    let mut report = Report::default();
    let rows = data::Rows::first(train, EXAMPLES);
    let leaked = data::leaked(train, valid, &mut report);
    report.add(Bug::LeakedValidation, leaked);
    let input = data::input(&rows, &mut report);
    if report.add(Bug::InputNotNormalised, input) {
        return report.ends_before(&Bug::TEN[2..]);
    }

    let batches = batches(train, STEPS);
    let first = &batches[0];
    let mut model = make().model;
    let outputs = network::outputs(&mut model, &sample(&batches));
    if report.add(Bug::DoubleSoftmax, network::is_softmax(&outputs[outputs.len() - 1])) {
        return report.ends_before(&Bug::TEN[3..]);
    }
    let labels: Vec<i64> = batches.iter().flat_map(|batch| batch.labels.to_vec()).collect();
    let count = outputs[0].dim(0);
    let labels = Array::from_slice(&labels[..count], [count]);
    let init = network::init(&mut model, &outputs, &labels, &mut report);
    if report.add(Bug::WrongInit, init) {
        return report.ends_before(&Bug::TEN[4..]);
    }
    let dead = network::dead(&mut model, &outputs, &mut report);
    if report.add(Bug::DeadRelus, dead) {
        return report.ends_before(&Bug::TEN[5..]);
    }

    if report.add(Bug::MissingZeroGrad, run::keeps_gradients(make, &batches)) {
        return report.ends_before(&Bug::TEN[6..]);
    }
    if let Some((bug, evidence)) = run::rate(make, &batches, &mut report) {
        report.add(bug, Some(evidence));
        return report.ends_before(&Bug::TEN[8..]);
    }

    let mut trained = run::train(make, &batches, &mut report);
    report.add(Bug::FrozenLayer, trained.frozen);
    if report.add(Bug::DoubleSoftmax, trained.double_softmax) {
        return report.ends_before(&Bug::TEN[9..]);
    }
    let outputs = network::outputs(&mut trained.model, &sample(&batches));
    let died = network::dead(&mut trained.model, &outputs, &mut report);
    if report.add(Bug::DeadRelus, died.map(|text| format!("after {STEPS} steps, {text}"))) {
        return report.ends_before(&Bug::TEN[9..]);
    }

    let left = run::memorise(make, first, STEPS, &mut report);
    let above = above_chance(&trained.model, valid, &mut report);
    let neighbours = data::neighbours(&rows, &mut report);
    if left < 0.8 && above < 0.25 && neighbours < 3.0 {
        let text = "one batch can be learned by heart, but what was learned is worth nothing on other examples, and \
                    an example's nearest neighbour has its label no more often than chance says";
        report.add(Bug::ShuffledLabels, Some(text.to_owned()));
    } else if left.is_nan() || left >= 0.95 {
        let text = format!("after {STEPS} steps on one batch, its loss is {left:.3} of the first");
        report.add(Bug::CannotMemorise, report.is_healthy().then_some(text));
    }
    report
}
// ANCHOR_END: diagnose

/// So many batches, from as many epochs as it takes.
fn batches<D: Dataset<Input = Tensor>>(train: &Loader<D>, count: usize) -> Vec<Batch<Tensor>> {
    let all: Vec<_> = (0..count as u64).flat_map(|epoch| train.epoch(epoch, 0)).take(count).collect();
    assert!(all.len() > 1, "diagnose: a training has two batches at least");
    all
}

/// The first inputs, in one batch.
fn sample(batches: &[Batch<Tensor>]) -> Tensor {
    let each = batches[0].input.dim(0).max(1);
    let inputs: Vec<&Tensor> =
        batches.iter().map(|batch| &batch.input).take(EXAMPLES.div_ceil(each)).collect();
    Tensor::concat(&inputs, 0)
}

/// How much of the way from the accuracy of always giving the most frequent class to 1 the model has gone, on validation
/// examples.
fn above_chance<V: Dataset<Input = Tensor>>(
    model: &Sequential,
    valid: &Loader<V>,
    report: &mut Report,
) -> f64 {
    let (mut right, mut labels) = (0, Vec::new());
    for batch in valid.epoch(0, 0) {
        let guesses = model.infer(batch.input).argmax(1, false);
        right += guesses.iter().zip(batch.labels.iter()).filter(|(guess, label)| guess == label).count();
        labels.extend(batch.labels.iter());
        if labels.len() >= 4 * EXAMPLES {
            break;
        }
    }
    let chance = data::shares(&labels).into_iter().fold(0.0, f64::max);
    let accuracy = report.measured("accuracy on validation examples", right as f64 / labels.len() as f64);
    (accuracy - chance) / (1.0 - chance).max(1e-9)
}
