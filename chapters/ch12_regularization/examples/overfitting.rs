//! A network much too large for a thousand digits: `cargo run --release -p ch12_regularization --example overfitting`.
//!
//! 784-512-512-10, trained by plain gradient descent four times: as it is, with dropout, with label smoothing, with both. After each epoch its
//! plain cross-entropy is measured on digits it is not trained on. Early stopping watches that figure (and, to show a trap, the training loss);
//! at the end the test set is asked twice: with the last weights and with the best.

use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{Activation, softmax};
use ch04_losses::CrossEntropy;
use ch05_backprop::{ActivationLayer, Layer, Linear, accuracy, sgd_step, zero_grad};
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
    stopping: EarlyStopping,
    /// When early stopping would have stopped, watching the validation loss and watching the training loss.
    stopped: [Option<usize>; 2],
    last_accuracy: f64,
    best_accuracy: f64,
    /// The mean of the largest probability on the test set, with the best weights.
    confidence: f64,
}

fn loss(model: &Sequential, set: &Set) -> f64 {
    f64::from(CrossEntropy::default().forward(&model.infer(set.0.clone()), &set.1).item())
}

fn train(mut model: Sequential, smoothing: f64, [train, valid, test]: [&Set; 3]) -> Run {
    let criterion = CrossEntropy { label_smoothing: smoothing, ..CrossEntropy::default() };
    let mut order: Vec<i64> = (0..TRAIN as i64).collect();
    let mut shuffle = Rng::new(0, "shuffle");
    let mut watches = [0, 1].map(|_| EarlyStopping::new(Goal::Smallest, PATIENCE));
    let (mut losses, mut stopped, mut best) = (Vec::new(), [None; 2], state_dict(&mut model));
    for epoch in 0..EPOCHS {
        shuffle.shuffle(&mut order);
        for batch in order.chunks(BATCH) {
            let batch = Array::from_slice(batch, [batch.len()]);
            let (x, labels) = (train.0.index_select(0, &batch), train.1.index_select(0, &batch));
            zero_grad(&mut model);
            let logits = model.forward(x);
            model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
            sgd_step(&mut model, RATE);
        }
        let now = [loss(&model, train), loss(&model, valid)];
        losses.push(now);
        for (i, watched) in [now[1], now[0]].into_iter().enumerate() {
            match watches[i].observe(watched) {
                Verdict::Improved if i == 0 && stopped[0].is_none() => best = state_dict(&mut model),
                Verdict::Stop => stopped[i] = stopped[i].or(Some(epoch + 1)),
                _ => {}
            }
        }
        if stopped[0] == Some(epoch + 1) {
            // We go on, to see what would come, but the best weights are those known by now.
            println!("  early stopping would stop after epoch {}", epoch + 1);
        }
    }
    let last_accuracy = accuracy(&model, &test.0, &test.1);
    load_state_dict(&mut model, &best).expect("the weights of this network");
    let best_accuracy = accuracy(&model, &test.0, &test.1);
    let confidence = softmax(model.infer(test.0.clone()), -1).max(1, false).to_f64().mean_all();
    let [stopping, _] = watches;
    Run { losses, stopping, stopped, last_accuracy, best_accuracy, confidence }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let prepare = |images: &mnist::Images, from: usize, to: usize| -> Set {
        let pixels = Array::from_slice(&images.pixels[784 * from..784 * to], [to - from, 784]);
        let x = pixels.map_to(|p| (f32::from(p) / 255.0 - 0.1307) / 0.3081);
        (x, Array::from_slice(&images.labels[from..to], [to - from]).cast::<i64>())
    };
    let sets = [
        prepare(&data.train, 0, TRAIN),
        prepare(&data.train, TRAIN, TRAIN + VALID),
        prepare(&data.test, 0, data.test.len()),
    ];

    let mut record = Record::from_args("ch12_overfitting");
    record.seed(0);
    record.text("data", if source.is_real() { "MNIST" } else { "generated digits" });
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
        let best = run.stopping.best.expect("a loss that is a number");
        println!(
            "  best validation loss {best:.4} after epoch {}, last {:.4}; training loss {:.5}",
            run.stopping.best_at + 1,
            last[1],
            last[0],
        );
        println!(
            "  test accuracy {:.2} % with the best weights, {:.2} % with the last; mean confidence {:.3}",
            100.0 * run.best_accuracy,
            100.0 * run.last_accuracy,
            run.confidence,
        );
        let numbers = [
            ("best_loss", best),
            ("best_epoch", (run.stopping.best_at + 1) as f64),
            ("last_loss", last[1]),
            ("training_loss", last[0]),
            ("best_accuracy", run.best_accuracy),
            ("last_accuracy", run.last_accuracy),
            ("confidence", run.confidence),
        ];
        for (what, value) in numbers {
            record.number(&format!("{key}_{what}"), value);
        }
        // 0 stands for never.
        record.number(&format!("{key}_stop"), run.stopped[0].unwrap_or(0) as f64);
        record.number(&format!("{key}_stop_on_training_loss"), run.stopped[1].unwrap_or(0) as f64);
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
