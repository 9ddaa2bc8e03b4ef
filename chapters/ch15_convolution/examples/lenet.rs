//! MNIST by LeNet-5, with shifted digits, AdamW and one cycle of the learning rate. Must: 99.2 % of the test digits in a few minutes on
//! two cores.
//!
//! Run with `cargo run --release -p ch15_convolution --example lenet [-- --record]`, with the four files of MNIST in the
//! folder that `GRADUS_DATA` names; without them it learns generated digits, and records nothing. A number sets the epochs.

use std::error::Error;
use std::sync::Arc;

use ch00_start::{Record, figure};
use ch07_modules::count_parameters;
use ch09_optimizers::AdamW;
use ch10_schedules::OneCycle;
use ch13_data::{Augment, ImageSet, Loader, stratified_split};
use ch14_training::{EpochRow, RunDir, Settings, Trainer, evaluate};
use ch15_convolution::lenet5;
use datasets::mnist::{self, Images};

const SEED: u64 = 0;
const EPOCHS: u64 = 20;
const BATCH: usize = 128;
const PEAK: f64 = 2e-3;
const SHIFT: usize = 2;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let epochs = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(EPOCHS);
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

    let mut model = lenet5(mnist::CLASSES, SEED);
    println!("{} parameters", count_parameters(&mut model));
    let schedule = OneCycle { warmup_share: 0.2, ..OneCycle::new(PEAK, epochs * train.batches() as u64) };
    let settings = Settings { epochs, clip_norm: Some(5.0), ema: Some(0.998), ..Settings::default() };
    let mut trainer = Trainer::new(settings, Box::new(schedule), Box::new(AdamW::new().weight_decay(0.05)));
    let folder = std::env::temp_dir().join(format!("gradus-ch15-lenet-{}", std::process::id()));
    let history = trainer.fit(&mut model, &train, &valid, &RunDir::create(&folder)?, false)?;
    std::fs::remove_dir_all(&folder)?;

    let result = evaluate(&model, &test);
    let seconds = history.epochs.last().map_or(0.0, |epoch| epoch.seconds);
    println!("test: {:.2} % right, after {seconds:.0} seconds of training", 100.0 * result.accuracy);
    if !source.is_real() {
        return Ok(());
    }
    let mut record = Record::from_args("ch15_lenet");
    record.seed(SEED).number("accuracy", result.accuracy).number("loss", result.loss);
    record.number("minutes", seconds / 60.0).number("epochs", epochs as f64);
    record.number("parameters", count_parameters(&mut model) as f64);
    let wrong = result.predictions.iter().zip(&result.labels).filter(|(p, l)| p != l).count();
    record.number("wrong", wrong as f64);
    record.number("best_validation", history.best_epoch().map_or(0.0, |epoch| epoch.valid_accuracy));
    let curve = |name: &str, value: fn(&EpochRow) -> f64| {
        let points = history.epochs.iter().map(|e| ((e.epoch + 1) as f64, 100.0 * value(e)));
        figure::Series::new(name, points.collect())
    };
    figure::lines_log_y(
        &record.figure_path("ch15_lenet"),
        "LeNet-5 on MNIST: what is still wrong",
        "epoch",
        "percent of the digits wrong",
        &[
            curve("training, shifted", |e| 1.0 - e.train_accuracy),
            curve("validation", |e| 1.0 - e.valid_accuracy),
        ],
    )?;
    record.finish()?;
    Ok(())
}
