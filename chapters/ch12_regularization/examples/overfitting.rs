//! A network much too large for a thousand digits: `cargo run --release -p ch12_regularization --example overfitting`.
//!
//! 784-512-512-10, trained by plain gradient descent four times: as it is, with dropout, with label smoothing, with both. After each epoch its
//! plain cross-entropy is measured on digits it is not trained on. Early stopping watches that loss, or the accuracy, or
//! (a trap) the training loss; nothing is stopped, and at the end the test set is asked with the last weights and with
//! those that each watch would have gone back to.

use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{Activation, softmax};
use ch04_losses::CrossEntropy;
use ch05_backprop::{ActivationLayer, Layer, Linear, labelled_rows, sgd_step, zero_grad};
use ch07_modules::{Sequential, load_state_dict, state_dict};
use ch12_regularization::{Dropout, EarlyStopping, Goal, Verdict};
use datasets::mnist;

const EPOCHS: usize = 60;
const TRAIN: usize = 1000;
const VALID: usize = 5000;
const BATCH: usize = 50;
const RATE: f64 = 0.1;
const PATIENCE: usize = 5;

type Set = (Tensor, Array<i64>);

fn network(dropout: bool) -> Sequential {
    let rng = &mut Rng::new(0, "init");
    // The same first weights with and without dropout, whose streams come from a generator of their own.
    let streams = &mut Rng::new(0, "dropout");
    let p = |p: f64| if dropout { p } else { 0.0 };
    Sequential::new()
        .push(Dropout::new(p(0.2), streams))
        .push(Linear::new(784, 512, rng))
        .push(ActivationLayer::new(Activation::Relu))
        .push(Dropout::new(p(0.5), streams))
        .push(Linear::new(512, 512, rng))
        .push(ActivationLayer::new(Activation::Relu))
        .push(Dropout::new(p(0.5), streams))
        .push(Linear::new(512, 10, rng))
}

/// What one training has shown.
struct Run {
    /// Plain cross-entropy after each epoch, on the training digits and on the others.
    losses: Vec<[f64; 2]>,
    /// The share of the others that is right, after each epoch.
    accuracies: Vec<f64>,
    /// For each figure that is watched.
    watches: [Watch; 3],
    /// On the test set, with the last weights.
    last_accuracy: f64,
    /// The mean of the largest probability on the test set, with the last weights.
    confidence: f64,
}

/// Early stopping on one figure. The training goes on all the same, to see what comes.
struct Watch {
    stopping: EarlyStopping,
    /// After how many epochs it would have stopped.
    stopped: Option<usize>,
    best: Vec<(String, Tensor)>,
    /// On the test set, with the weights that it would have gone back to.
    accuracy: f64,
}

impl Watch {
    fn observe(&mut self, model: &mut Sequential, value: f64) {
        if self.stopped.is_some() {
            return;
        }
        match self.stopping.observe(value) {
            Verdict::Improved => self.best = state_dict(model).into_iter().collect(),
            Verdict::Stop => self.stopped = Some(self.stopping.observed),
            Verdict::Waiting => {}
        }
    }
}

/// Plain cross-entropy, and the share that is right.
fn judge(model: &Sequential, (x, labels): &Set) -> (f64, f64) {
    let logits = model.infer(x.clone());
    let right = logits.argmax(1, false).iter().zip(labels.iter()).filter(|(a, b)| a == b).count();
    let loss = CrossEntropy::default().forward(&logits, labels).item();
    (f64::from(loss), right as f64 / labels.size() as f64)
}

fn train(mut model: Sequential, smoothing: f64, [train, valid, test]: [&Set; 3]) -> Run {
    let criterion = CrossEntropy { label_smoothing: smoothing, ..CrossEntropy::default() };
    let mut order: Vec<i64> = (0..TRAIN as i64).collect();
    let mut shuffle = Rng::new(0, "shuffle");
    let mut watches = [Goal::Smallest, Goal::Largest, Goal::Smallest].map(|goal| Watch {
        stopping: EarlyStopping::new(goal, PATIENCE),
        stopped: None,
        best: Vec::new(),
        accuracy: 0.0,
    });
    let (mut losses, mut accuracies) = (Vec::new(), Vec::new());
    for _ in 0..EPOCHS {
        shuffle.shuffle(&mut order);
        for batch in order.chunks(BATCH) {
            let batch = Array::from_slice(batch, [batch.len()]);
            let (x, labels) = (train.0.index_select(0, &batch), train.1.index_select(0, &batch));
            zero_grad(&mut model);
            let logits = model.forward(x);
            model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
            sgd_step(&mut model, RATE);
        }
        let (training_loss, _) = judge(&model, train);
        let (loss, right) = judge(&model, valid);
        losses.push([training_loss, loss]);
        accuracies.push(right);
        for (watch, value) in watches.iter_mut().zip([loss, right, training_loss]) {
            watch.observe(&mut model, value);
        }
    }
    let (_, last_accuracy) = judge(&model, test);
    let confidence = softmax(model.infer(test.0.clone()), -1).max(1, false).to_f64().mean_all();
    for watch in &mut watches {
        let best = watch.best.drain(..).collect();
        load_state_dict(&mut model, &best).expect("the weights of this network");
        watch.accuracy = judge(&model, test).1;
    }
    Run { losses, accuracies, watches, last_accuracy, confidence }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let prepare = |images: &mnist::Images, from: usize, to: usize| -> Set {
        labelled_rows(&images.pixels[784 * from..784 * to], &images.labels[from..to], mnist::STATISTICS)
    };
    let sets = [
        prepare(&data.train, 0, TRAIN),
        prepare(&data.train, TRAIN, TRAIN + VALID),
        prepare(&data.test, 0, data.test.len()),
    ];

    let mut record = Record::from_args("ch12_overfitting");
    record.seed(0);
    record.text("data", mnist::name(&source));
    let start = Instant::now();
    let mut curves = Vec::new();
    for (key, name, dropout, smoothing) in [
        ("plain", "as it is", false, 0.0),
        ("dropout", "dropout", true, 0.0),
        ("smoothing", "label smoothing", false, 0.1),
        ("both", "both", true, 0.1),
    ] {
        println!("{name}:");
        let run = train(network(dropout), smoothing, sets.each_ref());
        let last = run.losses[EPOCHS - 1];
        println!("  last validation loss {:.4}, training loss {:.5}", last[1], last[0]);
        println!(
            "  test accuracy {:.2} % with the last weights; mean confidence {:.3}",
            100.0 * run.last_accuracy,
            run.confidence
        );
        let validation_accuracy = run.accuracies[EPOCHS - 1];
        record.number(&format!("{key}_validation_accuracy"), validation_accuracy);
        record.number(&format!("{key}_last_loss"), last[1]).number(&format!("{key}_training_loss"), last[0]);
        record.number(&format!("{key}_last_accuracy"), run.last_accuracy);
        record.number(&format!("{key}_confidence"), run.confidence);
        for (watch, what) in run.watches.iter().zip(["loss", "accuracy", "training"]) {
            let best = watch.stopping.best.expect("a figure that is a number");
            let (epoch, stop) = (watch.stopping.best_at + 1, watch.stopped);
            println!(
                "  watching {what}: best {best:.4} after epoch {epoch}, stops after {stop:?}; test accuracy {:.2} %",
                100.0 * watch.accuracy,
            );
            record.number(&format!("{key}_{what}_best"), best);
            record.number(&format!("{key}_{what}_epoch"), epoch as f64);
            record.number(&format!("{key}_{what}_test"), watch.accuracy);
            record.text(
                &format!("{key}_{what}_stop"),
                stop.map_or("never".to_owned(), |epoch| epoch.to_string()),
            );
        }
        let points = |i: usize| {
            run.losses.iter().enumerate().map(|(e, losses)| ((e + 1) as f64, losses[i])).collect::<Vec<_>>()
        };
        curves.push(Series::new(name, points(1)));
        if key == "plain" {
            curves.push(Series::new("as it is, on the training digits", points(0)).dashed());
        }
    }
    record
        .number("epochs", EPOCHS as f64)
        .number("examples", TRAIN as f64)
        .number("patience", PATIENCE as f64);
    record.number("seconds", start.elapsed().as_secs_f64());
    let path = record.figure_path("ch12_overfitting");
    figure::lines(
        &path,
        "A thousand digits: loss on digits not trained on",
        "epoch",
        "cross-entropy",
        &curves,
    )?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
