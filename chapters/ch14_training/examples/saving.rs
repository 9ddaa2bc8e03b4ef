//! What a checkpoint costs the training: how much longer the step takes that makes one, with the step after it, which copies
//! what the checkpoint shares; and how long it would take if the training waited until it is on the disk.
//!
//! Run with `cargo run --release -p ch14_training --example saving [-- --record]`.

use std::error::Error;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use ch00_start::Record;
use ch00_start::measure::median;
use ch01_tensors::Rng;
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Linear};
use ch07_modules::{Flatten, Sequential, count_parameters};
use ch09_optimizers::AdamW;
use ch10_schedules::Constant;
use ch13_data::{ImageSet, Loader};
use ch14_training::{RealDisk, RunDir, Saved, Settings, Trainer};
use datasets::digits;

const SEED: u64 = 0;
const STEPS: usize = 500;
const BATCH: usize = 64;
/// A checkpoint every so many steps.
const EVERY: u64 = 20;

fn model() -> Sequential {
    let mut rng = Rng::new(SEED, "init");
    Sequential::new()
        .push(Flatten::new())
        .push(Linear::new(784, 1024, &mut rng))
        .push(ActivationLayer::new(Activation::Relu))
        .push(Linear::new(1024, 10, &mut rng))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut record = Record::from_args("ch14_saving");
    record.seed(SEED);
    let digits = digits::generate(SEED, STEPS * BATCH, BATCH);
    let set = |images: &datasets::mnist::Images| {
        Arc::new(ImageSet::new(images.pixels.clone(), &images.labels, [1, images.rows, images.cols]))
    };
    let (train, valid) = (set(&digits.train), set(&digits.test));
    let folder = tempfile::tempdir()?;

    let dir = RunDir::create(folder.path().join("run"))?;
    let settings = Settings {
        epochs: 1,
        checkpoint_steps: Some(EVERY),
        checkpoint_every: None,
        restore_best: false,
        quiet: true,
        ..Settings::default()
    };
    let times = Arc::new(Mutex::new(Vec::with_capacity(STEPS)));
    let seen = times.clone();
    let mut trainer =
        Trainer::new(settings, Box::new(Constant(1e-3)), Box::new(AdamW::new())).on_step(move |_| {
            seen.lock().expect("nobody panicked").push(Instant::now());
            ControlFlow::Continue(())
        });
    let loader = Loader::new(train, BATCH).seed(SEED).shuffle(true);
    trainer.fit(&mut model(), &loader, &Loader::new(valid, BATCH), &dir, false)?;

    // took[i] is step number i + 2, counted from 1: the first has no beginning, and the first checkpoint is a warm-up.
    let times = times.lock().expect("nobody panicked");
    let took: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
    let saves = |i: usize| (i + 2).is_multiple_of(EVERY as usize);
    let after = EVERY as usize..took.len() - 1;
    let between = after.clone().filter(|&i| !saves(i) && !saves(i - 1));
    let plain = median(&between.map(|i| took[i]).collect::<Vec<f64>>());
    let stalls: Vec<f64> = after.filter(|&i| saves(i)).map(|i| took[i] + took[i + 1] - 2.0 * plain).collect();

    // The same content, waited for.
    let path = dir.slots()[0].clone();
    let saved = Saved::read(&path)?;
    let mut writes = Vec::new();
    for _ in 0..stalls.len() {
        let began = Instant::now();
        saved.write(&RealDisk, &folder.path().join("again.safetensors"))?;
        writes.push(began.elapsed().as_secs_f64());
    }
    record.number("parameters", count_parameters(&mut model()) as f64);
    record.number("megabytes", std::fs::metadata(&path)?.len() as f64 / 1e6);
    record.number("checkpoints", stalls.len() as f64).number("step_ms", 1e3 * plain);
    let (stall, write) = (median(&stalls), median(&writes));
    record.number("stall_ms", 1e3 * stall).number("write_ms", 1e3 * write);
    record.finish()?;
    Ok(())
}
