//! Twelve optimizers on one small task: `cargo run --release -p ch09_optimizers --example race`.
//!
//! A network of three layers learns handwritten digits (MNIST if it is found, generated ones if not) for 300 steps. Each
//! optimizer first tries seven rates, a factor of 10^(1/3) apart, around its usual one; with the best it runs with three other
//! seeds. The rate is constant, so that the optimizers are compared and not their schedules.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Mlp, accuracy, labelled_rows, zero_grad};
use ch09_optimizers::{AdaGrad, Adafactor, Adam, AdamW, Lamb, Lars, Lion, Muon, Optimizer, RmsProp, Sgd};
use datasets::mnist;

const STEPS: usize = 300;
const BATCH: usize = 64;
const SEEDS: u64 = 3;
const WINDOW: usize = 15;

type Make = fn() -> Box<dyn Optimizer>;

/// Name, key, the middle of the rates that are tried.
const RACERS: [(&str, &str, f64, Make); 12] = [
    ("SGD", "sgd", 0.2, || Box::new(Sgd::new())),
    ("momentum", "momentum", 0.05, || Box::new(Sgd::new().momentum(0.9))),
    ("Nesterov", "nesterov", 0.05, || Box::new(Sgd::new().momentum(0.9).nesterov(true))),
    ("AdaGrad", "adagrad", 0.02, || Box::new(AdaGrad::new())),
    ("RMSprop", "rmsprop", 1e-3, || Box::new(RmsProp::new())),
    ("Adam", "adam", 2e-3, || Box::new(Adam::new())),
    ("AdamW", "adamw", 2e-3, || Box::new(AdamW::new())),
    ("Lion", "lion", 3e-4, || Box::new(Lion::new())),
    ("Muon", "muon", 3e-3, || Box::new(Muon::new().weight_decay(0.01))),
    ("Adafactor", "adafactor", 0.03, || Box::new(Adafactor::new())),
    ("LARS", "lars", 10.0, || Box::new(Lars::new())),
    ("LAMB", "lamb", 0.02, || Box::new(Lamb::new())),
];

type Labelled = (Tensor, Array<i64>);

/// The losses of the steps, and the accuracy on the test set.
fn run(make: Make, rate: f64, seed: u64, train: &Labelled, test: Option<&Labelled>) -> (Vec<f64>, f64) {
    let mut model = Mlp::new(&[784, 128, 128, 10], Activation::Relu, &mut Rng::new(seed, "init"));
    let (mut order, mut optimizer, criterion) = (Rng::new(seed, "batches"), make(), CrossEntropy::default());
    let mut losses = Vec::new();
    for _ in 0..STEPS {
        let rows = Array::from_fn([BATCH], |_| order.below(train.0.dim(0)) as i64);
        let labels = train.1.index_select(0, &rows);
        zero_grad(&mut model);
        let logits = model.forward(train.0.index_select(0, &rows));
        let loss = f64::from(criterion.forward(&logits, &labels).item());
        losses.push(loss);
        if !loss.is_finite() {
            losses.resize(STEPS, f64::MAX);
            break;
        }
        model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
        optimizer.step(&mut model, rate);
    }
    (losses, test.map_or(0.0, |(x, labels)| accuracy(&model, x, labels)))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !ch09_optimizers::YOURS.is_empty() {
        println!("Running on your own code for: {}", ch09_optimizers::YOURS);
    }
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let prepare = |images: &mnist::Images| labelled_rows(&images.pixels, &images.labels, mnist::STATISTICS);
    let (train, test) = (prepare(&data.train), prepare(&data.test));
    let mut record = Record::from_args("ch09_race");
    record.seed(0);
    record.text("data", mnist::name(&source));
    record.number("steps", STEPS as f64);
    let mut curves = Vec::new();
    for (name, key, middle, make) in RACERS {
        let rates = (-3..=3).map(|i| middle * 10f64.powf(f64::from(i) / 3.0));
        let tried = rates.map(|rate| (rate, mean(&run(make, rate, 100, &train, None).0[STEPS - 100..])));
        let rate = tried.min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are rates").0;
        let runs: Vec<(Vec<f64>, f64)> =
            (0..SEEDS).map(|seed| run(make, rate, seed, &train, Some(&test))).collect();
        let average: Vec<f64> =
            (0..STEPS).map(|i| mean(&runs.iter().map(|run| run.0[i]).collect::<Vec<_>>())).collect();
        let right = mean(&runs.iter().map(|run| run.1).collect::<Vec<_>>());
        let end = mean(&average[STEPS - 100..]);
        println!(
            "{name:10} rate {rate:8.5}: loss {end:.3} in the last 100 steps, {:.2} % right",
            100.0 * right
        );
        record.number(&format!("{key}_rate"), rate);
        record.number(&format!("{key}_loss"), end);
        record.number(&format!("{key}_accuracy"), right);
        let windows = average.chunks_exact(WINDOW).enumerate();
        let points = windows.map(|(i, losses)| ((WINDOW * i) as f64 + WINDOW as f64 / 2.0, mean(losses)));
        curves.push(Series::new(name, points.collect()));
    }
    for (part, chosen) in [("first", [0, 1, 2, 3, 4, 5, 6]), ("second", [6, 1, 7, 8, 9, 10, 11])] {
        let chosen: Vec<Series> = chosen.iter().map(|&i| curves[i].clone()).collect();
        let path = record.figure_path(&format!("ch09_race_{part}"));
        let title = format!("{STEPS} steps, each at its best rate, mean of {SEEDS} seeds");
        figure::lines_log_y(&path, &title, "step", &format!("loss, mean of {WINDOW} steps"), &chosen)?;
    }
    record.finish()?;
    Ok(())
}
