//! How good a model is on examples it was not trained on.

use ch01_tensors::{Array, Tensor};
use ch04_losses::{CrossEntropy, Reduction};
use ch13_data::{Dataset, Loader};

use crate::{Classifier, Confusion};

/// What a model said about every example of a data set, in the order of the data set. Where an example has several labels
/// (each token of a text its own), there are as many rows for it, one after the other, and each counts as one below.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The mean cross-entropy per example.
    pub loss: f64,
    /// The share of examples whose largest logit is their label's.
    pub accuracy: f64,
    /// `[examples, classes]`.
    pub logits: Tensor,
    /// The class with the largest logit, for each example.
    pub predictions: Vec<i64>,
    /// The right class of each example.
    pub labels: Vec<i64>,
    /// The cross-entropy of each example: the largest are the worst mistakes.
    pub losses: Vec<f64>,
}

impl Evaluation {
    /// `[examples, classes]`: what the model takes to be the probability of each class.
    pub fn probabilities(&self) -> Tensor {
        ch03_neurons::softmax(self.logits.clone(), 1)
    }

    /// Which classes were taken for which.
    pub fn confusion(&self) -> Confusion {
        Confusion::new(&self.labels, &self.predictions, self.logits.dim(1))
    }
}

// ANCHOR: evaluate
/// Runs a model over all examples of a loader, without dropout and without keeping anything.
///
/// The loader's data set should be one for evaluation: without augmentation, and the loader without `drop_last`.
///
/// # Panics
/// When a label is not one of the model's classes, an example is missing or comes twice, or examples have different numbers
/// of labels.
#[track_caller]
pub fn evaluate<M, D>(model: &M, loader: &Loader<D>) -> Evaluation
where
    M: Classifier,
    D: Dataset<Input = M::Input>,
{
    match try_evaluate(model, loader) {
        Ok(evaluation) => evaluation,
        Err(BadLabel { label, classes }) => {
            panic!("evaluate: the label {label} is none of the model's {classes} classes")
        }
    }
}

/// A label that the model has no class for.
pub struct BadLabel {
    /// The label.
    pub label: i64,
    /// How many classes the model has.
    pub classes: usize,
}

/// The first label that is not one of so many classes.
pub fn bad_label(labels: &Array<i64>, classes: usize) -> Option<i64> {
    labels.iter().find(|label| !(0..classes as i64).contains(label))
}

/// As [`evaluate`], but a label out of range is an error.
pub fn try_evaluate<M, D>(model: &M, loader: &Loader<D>) -> Result<Evaluation, BadLabel>
where
    M: Classifier,
    D: Dataset<Input = M::Input>,
{
    let each = CrossEntropy { reduction: Reduction::None, ..CrossEntropy::default() };
    let order = loader.order(0);
    let examples: usize = order.iter().map(Vec::len).sum();
    let (mut labels, mut predictions, mut losses) = (Vec::new(), Vec::new(), Vec::new());
    let mut logits = Tensor::zeros([0, 0]);
    let (mut done, mut each_has) = (0, 1);
    for (batch, numbers) in loader.epoch(0, 0).zip(&order) {
        let scores = model.infer(&batch.input).contiguous();
        let classes = scores.dim(1);
        if done == 0 {
            each_has = batch.labels.size() / numbers.len();
            let rows = examples * each_has;
            (labels, predictions, losses) = (vec![0; rows], vec![0; rows], vec![f64::NAN; rows]);
            logits = Tensor::zeros([rows, classes]);
        }
        if let Some(label) = bad_label(&batch.labels, classes) {
            return Err(BadLabel { label, classes });
        }
        let (found, wanted) = (batch.labels.size(), numbers.len() * each_has);
        assert_eq!(found, wanted, "evaluate: labels in a batch of {} examples", numbers.len());
        let loss = each.forward(&scores, &batch.labels);
        let guesses = scores.argmax(1, false);
        let places = numbers.iter().flat_map(|example| example * each_has..(example + 1) * each_has);
        let rows =
            loss.iter().zip(guesses.iter()).zip(batch.labels.iter()).zip(scores.data().chunks(classes));
        for (place, (((loss, guess), label), row)) in places.zip(rows) {
            assert!(place < losses.len(), "evaluate: the loader leaves out examples; is drop_last on?");
            losses[place] = f64::from(loss);
            predictions[place] = guess;
            labels[place] = label;
            logits.data_mut()[place * classes..][..classes].copy_from_slice(row);
            done += 1;
        }
    }
    let count = losses.len();
    assert_eq!(done, count, "evaluate: as many examples as the loader promises");
    let right = labels.iter().zip(&predictions).filter(|(label, guess)| label == guess).count();
    let share = |sum: f64| sum / count as f64;
    let loss = share(losses.iter().sum());
    Ok(Evaluation { loss, accuracy: share(right as f64), logits, predictions, labels, losses })
}
// ANCHOR_END: evaluate

/// Mean cross-entropy and share of right answers, over all labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The mean cross-entropy per label.
    pub loss: f64,
    /// The share of labels with the largest logit.
    pub accuracy: f64,
}

/// [`try_evaluate`] without what each example got: nothing is kept of the logits, and a batch may have any number of labels,
/// with one row of logits for each, such as the words that a language model is asked for.
pub fn try_score<M, D>(model: &M, loader: &Loader<D>) -> Result<Score, BadLabel>
where
    M: Classifier,
    D: Dataset<Input = M::Input>,
{
    let each = CrossEntropy { reduction: Reduction::None, ..CrossEntropy::default() };
    // With one label per example, losses are added in the order of the data set, as `evaluate` does.
    let mut losses: Vec<(usize, f64)> = Vec::new();
    let mut right = 0;
    for (examples, batch) in loader.order(0).iter().zip(loader.epoch(0, 0)) {
        let scores = model.infer(&batch.input);
        let classes = scores.dim(1);
        if let Some(label) = bad_label(&batch.labels, classes) {
            return Err(BadLabel { label, classes });
        }
        let loss = each.forward(&scores, &batch.labels);
        let guesses = scores.argmax(1, false);
        right += guesses.iter().zip(batch.labels.iter()).filter(|(guess, label)| guess == label).count();
        let (begin, labels) = (losses.len(), batch.labels.size());
        let key = |row: usize| if labels == examples.len() { examples[row] } else { begin + row };
        losses.extend(loss.iter().enumerate().map(|(row, loss)| (key(row), f64::from(loss))));
    }
    losses.sort_by_key(|(key, _)| *key);
    let share = |sum: f64| sum / losses.len() as f64;
    Ok(Score { loss: share(losses.iter().map(|(_, loss)| loss).sum()), accuracy: share(right as f64) })
}

/// The share of examples whose label is among their `k` largest logits `[examples, classes]`.
///
/// # Panics
/// When there are not as many labels as rows, or fewer classes than `k`.
#[track_caller]
pub fn top_k_accuracy(logits: &Tensor, labels: &[i64], k: usize) -> f64 {
    assert_eq!(logits.dim(0), labels.len(), "top_k_accuracy: as many labels as rows of logits");
    let (_, best): (_, Array<i64>) = logits.topk(k, 1);
    let best = best.to_vec();
    let right = labels.iter().zip(best.chunks(k)).filter(|(label, best)| best.contains(label)).count();
    right as f64 / labels.len() as f64
}
