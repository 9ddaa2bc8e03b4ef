//! Learning-curve clinic: three trainings that go wrong, how their curves look, and what helps.
//! `cargo run --release -p ch12_regularization --example clinic`.
//!
//! The patient is a network that reads digits (MNIST if it is found, else generated ones), by plain gradient descent.
//!
//! - *Overfit*: 500 examples for a network of 670 000 weights. Treatment: dropout, Mixup, and going back to the best weights.
//! - *Underfit*: 4 hidden units for 6000 examples. Treatment: more units.
//! - *Plateau*: a learning rate that is good at first and too large later, so that the loss stays where it is. Treatment: a tenth
//!   of the rate once the training loss has not improved for some epochs.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{ActivationLayer, Layer, Linear, accuracy, labelled_rows, sgd_step, zero_grad};
use ch07_modules::Sequential;
use ch12_regularization::{Dropout, EarlyStopping, Goal, KeepBest, Verdict, beta, mixup, partners};
use datasets::mnist;

const VALID: usize = 5000;
const BATCH: usize = 50;

type Set = (Tensor, Array<i64>);

/// How one training is done.
#[derive(Clone, Copy)]
struct Plan {
    examples: usize,
    hidden: usize,
    epochs: usize,
    rate: f64,
    dropout: f64,
    /// α of Mixup's share; 0 for none.
    mixup: f64,
    /// A tenth of the rate, once, after this many epochs without a better training loss; 0 for never.
    patience: usize,
}

const PLAN: Plan =
    Plan { examples: 500, hidden: 512, epochs: 60, rate: 0.1, dropout: 0.0, mixup: 0.0, patience: 0 };

/// What a training has shown.
struct Run {
    /// Cross-entropy after each epoch, on the training examples and on the others.
    losses: Vec<[f64; 2]>,
    /// On the test set, with the last weights and with those of the best validation loss.
    accuracy: [f64; 2],
    best_epoch: usize,
    /// After which epoch the rate was cut.
    cut: Option<usize>,
}

fn network(plan: Plan) -> Sequential {
    let (rng, streams) = (&mut Rng::new(0, "init"), &mut Rng::new(0, "dropout"));
    let relu = || ActivationLayer::new(Activation::Relu);
    Sequential::new()
        .push(Linear::new(784, plan.hidden, rng))
        .push(relu())
        .push(Dropout::new(plan.dropout, streams))
        .push(Linear::new(plan.hidden, plan.hidden, rng))
        .push(relu())
        .push(Dropout::new(plan.dropout, streams))
        .push(Linear::new(plan.hidden, 10, rng))
}

fn loss_on(model: &Sequential, (x, labels): &Set) -> f64 {
    f64::from(CrossEntropy::default().forward(&model.infer(x.clone()), labels).item())
}

fn rows(set: &Set, from: usize, count: usize) -> Set {
    (set.0.narrow(0, from, count), set.1.narrow(0, from, count))
}

fn run(plan: Plan, all: &Set, valid: &Set, test: &Set) -> Run {
    let train = rows(all, 0, plan.examples);
    let (mut model, criterion) = (network(plan), CrossEntropy::default());
    let (mut shuffle, mut mixing) = (Rng::new(0, "shuffle"), Rng::new(0, "mixup"));
    let mut best = KeepBest::new(EarlyStopping::new(Goal::Smallest, plan.epochs));
    let mut watch = EarlyStopping::new(Goal::Smallest, plan.patience);
    let (mut rate, mut cut, mut losses) = (plan.rate, None, Vec::new());
    let mut order: Vec<i64> = (0..plan.examples as i64).collect();
    for epoch in 1..=plan.epochs {
        shuffle.shuffle(&mut order);
        for batch in order.chunks(BATCH) {
            let batch = Array::from_slice(batch, [batch.len()]);
            let (x, labels) = (train.0.index_select(0, &batch), train.1.index_select(0, &batch));
            let targets = Tensor::one_hot(&labels, 10);
            let [x, targets] = if plan.mixup > 0.0 {
                let order = partners(batch.size(), &mut mixing);
                mixup(&x, &targets, &order, beta(plan.mixup, &mut mixing))
            } else {
                [x, targets]
            };
            zero_grad(&mut model);
            let logits = model.forward(x);
            model.backward(criterion.backward(&Array::scalar(1.0), &logits, &targets));
            sgd_step(&mut model, rate);
        }
        let here = [loss_on(&model, &train), loss_on(&model, valid)];
        losses.push(here);
        best.observe(here[1], &mut model);
        if plan.patience > 0 && cut.is_none() && watch.observe(here[0]) == Verdict::Stop {
            (rate, cut) = (rate / 10.0, Some(epoch));
        }
    }
    let last = accuracy(&model, &test.0, &test.1);
    best.restore(&mut model).expect("the weights of this network");
    let restored = accuracy(&model, &test.0, &test.1);
    Run { losses, accuracy: [last, restored], best_epoch: best.stopping.best_at + 1, cut }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let prepare = |images: &mnist::Images| labelled_rows(&images.pixels, &images.labels, mnist::STATISTICS);
    let (all, test) = (prepare(&data.train), prepare(&data.test));
    let valid = rows(&all, all.0.dim(0) - VALID, VALID);

    let mut record = Record::from_args("ch12_clinic");
    record.seed(0).text("data", mnist::name(&source));
    let underfit = Plan { examples: 6000, hidden: 4, epochs: 30, ..PLAN };
    let plateau = Plan { examples: 2000, hidden: 64, epochs: 40, rate: 0.7, ..PLAN };
    for (case, title, plans) in [
        (
            "overfit",
            "Overfit: 500 examples, 670 000 weights",
            [("sick", PLAN), ("treated", Plan { dropout: 0.5, mixup: 0.4, ..PLAN })],
        ),
        (
            "underfit",
            "Underfit: four hidden units",
            [("sick", underfit), ("treated", Plan { hidden: 128, ..underfit })],
        ),
        (
            "plateau",
            "Plateau: a rate that is too large for the end",
            [("sick", plateau), ("treated", Plan { patience: 4, ..plateau })],
        ),
    ] {
        let mut curves = Vec::new();
        for (state, plan) in plans {
            let run = run(plan, &all, &valid, &test);
            let [train_loss, valid_loss] = run.losses[plan.epochs - 1];
            let best = run.losses[run.best_epoch - 1][1];
            println!(
                "{case:8} {state:7}: training {train_loss:.4}, validation {valid_loss:.3} (best {best:.3}, epoch {}), test {:.2} %, \
                 restored {:.2} %, rate cut after {:?}",
                run.best_epoch,
                100.0 * run.accuracy[0],
                100.0 * run.accuracy[1],
                run.cut,
            );
            let key = |name: &str| format!("{case}_{state}_{name}");
            record
                .number(&key("train"), train_loss)
                .number(&key("valid"), valid_loss)
                .number(&key("best"), best);
            record.number(&key("epoch"), run.best_epoch as f64);
            record.number(&key("test"), run.accuracy[0]).number(&key("restored"), run.accuracy[1]);
            if let Some(cut) = run.cut {
                record.number(&key("cut"), cut as f64);
            }
            let points = |which: usize| {
                run.losses
                    .iter()
                    .enumerate()
                    .map(|(e, losses)| ((e + 1) as f64, losses[which]))
                    .collect::<Vec<_>>()
            };
            curves.push(Series::new(&format!("{state}, training"), points(0)).dashed());
            curves.push(Series::new(&format!("{state}, validation"), points(1)));
        }
        let path = record.figure_path(&format!("ch12_clinic_{case}"));
        figure::lines_log_y(&path, title, "epoch", "cross-entropy", &curves)?;
    }
    record.finish()?;
    Ok(())
}
