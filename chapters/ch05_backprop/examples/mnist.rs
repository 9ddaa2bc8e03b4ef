//! A multi-layer perceptron learns to read digits: `cargo run --release -p ch05_backprop --example mnist`.
//!
//! On the real MNIST if it is found (GRADUS_DATA), else on generated digits. Plain gradient descent on 784-256-128-10,
//! batches of 64, the rate falling evenly to nothing. With `--record` three seeds are trained and written down.

use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{Mlp, accuracy, labelled_rows, train_epoch};
use datasets::mnist;

const EPOCHS: usize = 15;
const BATCH: usize = 64;
const RATE: f64 = 0.2;

/// One seed: the loss and the test accuracy after each epoch.
fn train(seed: u64, train: &(Tensor, Array<i64>), test: &(Tensor, Array<i64>)) -> Vec<(f64, f64)> {
    let mut model = Mlp::new(&[784, 256, 128, 10], Activation::Relu, &mut Rng::new(seed, "init"));
    let mut order = Rng::new(seed, "shuffle");
    let mut history = Vec::new();
    for epoch in 0..EPOCHS {
        let rate = RATE * (1.0 - epoch as f64 / EPOCHS as f64);
        let loss = train_epoch(&mut model, (&train.0, &train.1), BATCH, rate, &mut order, |_| {});
        let right = accuracy(&model, &test.0, &test.1);
        println!("seed {seed}, epoch {:2}: loss {loss:.4}, test accuracy {:.2} %", epoch + 1, 100.0 * right);
        history.push((loss, right));
    }
    history
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !ch05_backprop::YOURS.is_empty() {
        println!("Running on your own code for: {}", ch05_backprop::YOURS);
    }
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    // Pixels from 0 to 255 become numbers with mean 0 and deviation 1 over the training set.
    let prepare = |images: &mnist::Images| labelled_rows(&images.pixels, &images.labels, mnist::STATISTICS);
    let (train_set, test_set) = (prepare(&data.train), prepare(&data.test));

    let mut record = Record::from_args("ch05_mnist");
    let seeds = if record.is_recording() { 3 } else { 1 };
    let (mut curves, mut finals) = (Vec::new(), Vec::new());
    for seed in 0..seeds {
        let start = Instant::now();
        let history = train(seed, &train_set, &test_set);
        let seconds = start.elapsed().as_secs_f64();
        let (loss, right) = *history.last().expect("at least one epoch");
        println!("seed {seed}: {:.2} % of the test digits right, {seconds:.1} s", 100.0 * right);
        record.number(&format!("accuracy_{seed}"), right);
        record.number(&format!("loss_{seed}"), loss);
        record.number(&format!("seconds_{seed}"), seconds);
        let points =
            history.iter().enumerate().map(|(i, &(_, right))| ((i + 1) as f64, 100.0 * right)).collect();
        curves.push(Series::new(&format!("seed {seed}"), points));
        finals.push(right);
    }
    let mean = finals.iter().sum::<f64>() / finals.len() as f64;
    record.seed(0);
    record.number("accuracy_mean", mean);
    record.number("accuracy_min", finals.iter().copied().fold(1.0, f64::min));
    record.number("epochs", EPOCHS as f64);
    let name = mnist::name(&source);
    record.text("data", name);
    let path = record.figure_path("ch05_mnist");
    figure::lines(&path, &format!("Test accuracy on {name}"), "epoch", "accuracy (%)", &curves)?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
