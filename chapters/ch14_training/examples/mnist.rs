//! MNIST by a network of fully connected layers, with the techniques of chapters 9 to 14: batch
//! normalisation, dropout, shifted digits, label smoothing, AdamW, one cycle of the learning rate, clipping, and of
//! the running means of the weights those that validated best. Must: 98.8 % of the test digits in under ten minutes on two cores.
//!
//! Run with `cargo run --release -p ch14_training --example mnist [-- --record]`, with the four files of MNIST in the
//! folder that `GRADUS_DATA` names; without them it learns generated digits, and records nothing.

use std::error::Error;
use std::sync::Arc;

use ch00_start::{Record, figure};
use ch01_tensors::Rng;
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Linear};
use ch07_modules::{Flatten, Sequential, count_parameters};
use ch09_optimizers::AdamW;
use ch10_schedules::OneCycle;
use ch11_normalization::BatchNorm1d;
use ch12_regularization::Dropout;
use ch13_data::{Augment, ImageSet, Loader, stratified_split};
use ch14_training::{RunDir, Settings, Trainer, evaluate};
use datasets::mnist::{self, Images};

const SEED: u64 = 0;
const EPOCHS: u64 = 30;
const BATCH: usize = 256;
const HIDDEN: usize = 1024;
const PEAK: f64 = 3e-3;
const SMOOTHING: f64 = 0.05;
const DROPOUT: f64 = 0.2;
const SHIFT: usize = 2;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (mnist, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let set =
        |images: &Images| ImageSet::new(images.pixels.clone(), &images.labels, [1, images.rows, images.cols]);
    let (all, test) = (set(&mnist.train), set(&mnist.test));
    let (train, valid) = stratified_split(all.labels(), 11.0 / 12.0, SEED);
    let statistics = all.channel_statistics(&train);
    let shifted = Augment { crop_padding: SHIFT, flip: false };
    let normal = |set: ImageSet| Arc::new(set.normalise(&statistics));
    let train = Loader::new(normal(all.select(&train).augment(shifted)), BATCH);
    let train = train.seed(SEED).shuffle(true).drop_last(true);
    let valid = Loader::new(normal(all.select(&valid)), 500);
    let test = Loader::new(normal(test), 500);

    let mut model = network();
    println!("{} parameters", count_parameters(&mut model));
    let total = EPOCHS * train.batches() as u64;
    let settings = Settings {
        epochs: EPOCHS,
        clip_norm: Some(5.0),
        label_smoothing: SMOOTHING,
        ema: Some(0.998),
        ..Settings::default()
    };
    let schedule = OneCycle { warmup_share: 0.2, ..OneCycle::new(PEAK, total) };
    let mut trainer = Trainer::new(settings, Box::new(schedule), Box::new(AdamW::new().weight_decay(0.05)));
    let folder = std::env::temp_dir().join(format!("gradus-ch14-mnist-{}", std::process::id()));
    let history = trainer.fit(&mut model, &train, &valid, &RunDir::create(&folder)?, false)?;
    std::fs::remove_dir_all(&folder)?;

    let result = evaluate(&model, &test);
    let seconds = history.epochs.last().map_or(0.0, |epoch| epoch.seconds);
    println!("test: {:.2} % right, after {:.0} seconds of training", 100.0 * result.accuracy, seconds);
    if !source.is_real() {
        return Ok(());
    }
    let mut record = Record::from_args("ch14_mnist");
    record.seed(SEED).number("accuracy", result.accuracy).number("loss", result.loss);
    record.number("minutes", seconds / 60.0).number("epochs", EPOCHS as f64);
    record.number("parameters", count_parameters(&mut model) as f64);
    record.number(
        "wrong",
        result.predictions.iter().zip(&result.labels).filter(|(p, l)| p != l).count() as f64,
    );
    record.number("best_validation", history.best_epoch().map_or(0.0, |epoch| epoch.valid_accuracy));
    let curve = |name: &str, value: fn(&ch14_training::EpochRow) -> f64| {
        let points = history.epochs.iter().map(|e| ((e.epoch + 1) as f64, 100.0 * value(e)));
        figure::Series::new(name, points.collect())
    };
    figure::lines_log_y(
        &record.figure_path("ch14_mnist"),
        "MNIST: what is still wrong",
        "epoch",
        "percent of the digits wrong",
        &[
            curve("training, shifted and with dropout", |e| 1.0 - e.train_accuracy),
            curve("validation", |e| 1.0 - e.valid_accuracy),
        ],
    )?;
    record.finish()?;
    Ok(())
}

fn network() -> Sequential {
    let mut rng = Rng::new(SEED, "init");
    let mut model = Sequential::new().push(Flatten::new());
    for (inputs, outputs) in [(mnist::SIZE * mnist::SIZE, HIDDEN), (HIDDEN, HIDDEN)] {
        model = model
            .push(Linear::new(inputs, outputs, &mut rng))
            .push(BatchNorm1d::new(outputs))
            .push(ActivationLayer::new(Activation::Relu))
            .push(Dropout::new(DROPOUT, &mut rng));
    }
    model.push(Linear::new(HIDDEN, mnist::CLASSES, &mut rng))
}
