//! How large should a batch be? Trains the same network on the same generated digits with batches from 4 to 1024, for
//! the same number of epochs, once with one learning rate for all, and once with a rate that grows with the batch.
//! On one thread, so that the speeds compare steps and not how well they are shared out.
//!
//! Run with `cargo run --release -p ch14_training --example batch_size [-- --record]`.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use ch00_start::measure::median;
use ch00_start::{Record, figure};
use ch01_tensors::Rng;
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{ActivationLayer, Linear};
use ch07_modules::{Flatten, Sequential};
use ch09_optimizers::Sgd;
use ch10_schedules::WarmupCosine;
use ch13_data::{ImageSet, Loader};
use ch14_training::{Recipe, evaluate, train_step};
use datasets::digits;

const SEED: u64 = 0;
const BATCHES: [usize; 9] = [4, 8, 16, 32, 64, 128, 256, 512, 1024];
const EPOCHS: u64 = 3;
const TRAIN: usize = 8192;
const TEST: usize = 4000;
/// The rate at a batch of 64.
const RATE: f64 = 0.05;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    one_thread.install(experiment)
}

fn experiment() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut record = Record::from_args("ch14_batch_size");
    record.seed(SEED);
    let digits = digits::generate(SEED, TRAIN, TEST);
    let set = |images: &datasets::mnist::Images| {
        ImageSet::new(images.pixels.clone(), &images.labels, [1, images.rows, images.cols])
    };
    let (train, test) = (set(&digits.train), set(&digits.test));
    let statistics = train.channel_statistics(&(0..TRAIN).collect::<Vec<_>>());
    let (train, test) = (Arc::new(train.normalise(&statistics)), Arc::new(test.normalise(&statistics)));

    let (mut same, mut scaled, mut speed, mut rates) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    println!("batch  same rate  scaled rate  examples per second");
    for batch in BATCHES {
        let rate = RATE * batch as f64 / 64.0;
        let (one, per_second) = run(&train, &test, batch, RATE);
        let (other, again) = run(&train, &test, batch, rate);
        println!("{batch:5}  {:8.2} %  {:9.2} %  {:9.0}", 100.0 * one, 100.0 * other, per_second.max(again));
        record.number(&format!("same_{batch}"), one).number(&format!("scaled_{batch}"), other);
        record.number(&format!("speed_{batch}"), per_second.max(again));
        same.push(100.0 * one);
        scaled.push(100.0 * other);
        speed.push(per_second.max(again) / 1000.0);
        rates.push(rate);
    }
    record.number("epochs", EPOCHS as f64).number("rate", RATE).number("images", TRAIN as f64);
    record.number("largest_rate", rates[rates.len() - 1]);
    let xs = BATCHES.map(|batch| batch as f64);
    figure::lines_log_x(
        &record.figure_path("ch14_batch_size"),
        &format!("{EPOCHS} epochs with batches of different size"),
        "examples per batch",
        "percent of the test digits right",
        &[
            figure::Series::of_pairs("one rate for all", &xs, &same).marked(),
            figure::Series::of_pairs("rate grows with the batch", &xs, &scaled).marked(),
        ],
    )?;
    figure::lines_log_x(
        &record.figure_path("ch14_batch_speed"),
        "How fast batches of different size are trained on",
        "examples per batch",
        "thousand examples per second",
        &[figure::Series::of_pairs("training", &xs, &speed).marked()],
    )?;
    record.finish()?;
    Ok(())
}

/// The test accuracy after all epochs, and examples per second in training, by the median of the steps.
fn run(train: &Arc<ImageSet>, test: &Arc<ImageSet>, batch: usize, peak: f64) -> (f64, f64) {
    let mut rng = Rng::new(SEED, "init");
    let mut model = Sequential::new()
        .push(Flatten::new())
        .push(Linear::new(784, 128, &mut rng))
        .push(ActivationLayer::new(Activation::Relu))
        .push(Linear::new(128, 10, &mut rng));
    let loader = Loader::new(train.clone(), batch).seed(SEED).shuffle(true);
    let total = EPOCHS * loader.batches() as u64;
    let schedule = Box::new(WarmupCosine { peak, warmup: total / 10, total, floor: 0.0 });
    let recipe = Recipe { criterion: CrossEntropy::default(), clip_norm: Some(5.0), schedule };
    let mut optimizer = Sgd::new().momentum(0.9);
    let (mut step, mut seconds) = (0, Vec::new());
    for epoch in 0..EPOCHS {
        for batch in loader.epoch(epoch, 0) {
            let began = Instant::now();
            train_step(&mut model, &mut optimizer, &recipe, (&batch.input, &batch.labels), step)
                .expect("digits are finite, and gradients are clipped");
            seconds.push(began.elapsed().as_secs_f64());
            step += 1;
        }
    }
    let accuracy = evaluate(&model, &Loader::new(test.clone(), 500)).accuracy;
    (accuracy, batch as f64 / median(&seconds))
}
