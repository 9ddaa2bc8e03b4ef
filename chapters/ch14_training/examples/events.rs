//! Writes event files as TensorBoard reads them, and beside each run what they say, for `tests/interop/run tensorboard` to
//! compare. To look at them: `tensorboard --logdir FOLDER`.
//!
//! Run with `cargo run --release -p ch14_training --example events -- FOLDER`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ch01_tensors::{Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Linear, for_each_param};
use ch07_modules::{Flatten, Sequential};
use ch09_optimizers::Sgd;
use ch10_schedules::Constant;
use ch13_data::{ImageSet, Loader};
use ch14_training::events::{EventWriter, Histogram};
use ch14_training::{RunDir, Settings, Trainer};
use datasets::digits;

/// What a run's files say.
#[derive(Default)]
struct Expected {
    scalars: BTreeMap<String, Vec<(u64, f64)>>,
    histograms: BTreeMap<String, Vec<(u64, Histogram)>>,
    images: BTreeMap<String, Vec<(u64, [usize; 2])>>,
}

/// Names, and what is said under each.
type Tags<'a> = Vec<(&'a String, Vec<String>)>;
type Anything = Result<(), Box<dyn Error + Send + Sync>>;

fn main() -> Anything {
    let Some(folder) = std::env::args().nth(1) else { return Err("which folder?".into()) };
    let folder = PathBuf::from(folder);
    everything(&folder.join("everything"))?;
    killed(&folder.join("killed"))?;
    trained(&folder.join("trained"))?;
    println!(
        "wrote event files to {}; look at them with `tensorboard --logdir` and this folder",
        folder.display()
    );
    Ok(())
}

/// Curves, histograms and a picture.
fn everything(folder: &Path) -> Anything {
    fs::create_dir_all(folder)?;
    let mut expected = Expected::default();
    let mut writer = EventWriter::create(folder, 0)?;
    for step in 0..300u64 {
        let decay = (-(step as f64) / 80.0).exp();
        for (tag, value) in [("loss", 2.3 * decay), ("signs/negative", -decay), ("signs/tiny", 1e-30 * decay)]
        {
            writer.scalar(tag, step * 1000, value)?;
            expected.scalar(tag, step * 1000, value);
        }
    }
    let mut rng = Rng::new(0, "events");
    for step in 0..5u64 {
        let values: Vec<f64> = (0..1000).map(|_| rng.normal() * (step + 1) as f64).collect();
        let histogram = Histogram::new(values, 30);
        writer.histogram("weights", step, &histogram)?;
        expected.histograms.entry("weights".to_owned()).or_default().push((step, histogram));
    }
    let digit = digits::generate(0, 1, 1).train;
    let pixels: Vec<f32> = digit.pixels.iter().map(|&p| f32::from(p) / 255.0).collect();
    writer.image("digit", 3, [digit.rows, digit.cols], &pixels)?;
    expected.images.insert("digit".to_owned(), vec![(3, [digit.rows, digit.cols])]);
    writer.flush()?;
    expected.save(folder)
}

/// A run that was killed after step 9 and went on from a checkpoint at step 6: what the first file says of the steps from 6
/// on no longer counts.
fn killed(folder: &Path) -> Anything {
    fs::create_dir_all(folder)?;
    let mut expected = Expected::default();
    for (from, until, value) in [(0, 10, 1.0), (6, 20, 2.0)] {
        let mut writer = EventWriter::create(folder, from)?;
        for step in from..until {
            writer.scalar("loss", step, value)?;
        }
        writer.flush()?;
    }
    (0..20).for_each(|step| expected.scalar("loss", step, if step < 6 { 1.0 } else { 2.0 }));
    expected.save(folder)
}

/// What a trainer writes by itself.
fn trained(folder: &Path) -> Anything {
    let digits = digits::generate(0, 600, 200);
    let set = |images: &datasets::mnist::Images| {
        Arc::new(ImageSet::new(images.pixels.clone(), &images.labels, [1, images.rows, images.cols]))
    };
    let train = Loader::new(set(&digits.train), 50).seed(0).shuffle(true);
    let mut rng = Rng::new(0, "init");
    let mut model = Sequential::new()
        .push(Flatten::new())
        .push(Linear::new(784, 32, &mut rng))
        .push(ActivationLayer::new(Activation::Relu))
        .push(Linear::new(32, 10, &mut rng));
    let settings =
        Settings { epochs: 4, events: Some(u64::MAX), layer_norms: true, quiet: true, ..Settings::default() };
    let mut trainer = Trainer::new(settings, Box::new(Constant(0.1)), Box::new(Sgd::new()));
    let dir = RunDir::create(folder)?;
    let history = trainer.fit(&mut model, &train, &Loader::new(set(&digits.test), 100), &dir, false)?;
    let mut expected = Expected::default();
    for (row, norms) in history.epochs.iter().zip(&history.layer_norms) {
        let curves = [
            ("loss/training", row.train_loss),
            ("loss/validation", row.valid_loss),
            ("accuracy/training", row.train_accuracy),
            ("accuracy/validation", row.valid_accuracy),
            ("epoch/rate", row.rate),
            ("epoch/gradient norm", row.gradient_norm),
        ];
        curves.iter().for_each(|(tag, value)| expected.scalar(tag, row.steps, *value));
        for (layer, norm) in history.layers.iter().zip(norms) {
            expected.scalar(&format!("gradient/{layer}"), row.steps, *norm);
        }
    }
    // Histograms of the weights at the end, in a file of their own.
    let steps = history.epochs.last().map_or(0, |row| row.steps);
    let mut writer = EventWriter::create(folder, steps + 1)?;
    let mut weights: Vec<(String, Tensor)> = Vec::new();
    for_each_param(&mut model, |path, param| weights.push((format!("weights/{path}"), param.value.clone())));
    for (tag, value) in weights {
        let histogram = Histogram::new(value.iter().map(f64::from), 20);
        writer.histogram(&tag, steps + 1, &histogram)?;
        expected.histograms.insert(tag, vec![(steps + 1, histogram)]);
    }
    writer.flush()?;
    expected.save(folder)
}

impl Expected {
    /// A point, in the 32 bits that the file has for it.
    fn scalar(&mut self, tag: &str, step: u64, value: f64) {
        self.scalars.entry(tag.to_owned()).or_default().push((step, f64::from(value as f32)));
    }

    fn save(&self, folder: &Path) -> Anything {
        let mut text = String::new();
        let scalars = self.scalars.iter().map(|(tag, points)| {
            let points: Vec<String> =
                points.iter().map(|(step, value)| format!("[{step}, {value:e}]")).collect();
            (tag, points)
        });
        let histograms = self.histograms.iter().map(|(tag, all)| {
            let of = |(step, of): &(u64, Histogram)| {
                format!("[{step}, {}, {:e}, {:?}, {:?}]", of.count, of.sum, of.limits, of.counts)
            };
            (tag, all.iter().map(of).collect())
        });
        let images = self.images.iter().map(|(tag, all)| {
            (tag, all.iter().map(|(step, [height, width])| format!("[{step}, {height}, {width}]")).collect())
        });
        let parts: [(&str, Tags<'_>); 3] = [
            ("scalars", scalars.collect()),
            ("histograms", histograms.collect()),
            ("images", images.collect()),
        ];
        for (kind, tags) in parts {
            let tags: Vec<String> =
                tags.into_iter().map(|(tag, all)| format!("\"{tag}\": [{}]", all.join(", "))).collect();
            let comma = if text.is_empty() { "{" } else { ",\n" };
            write!(text, "{comma}\"{kind}\": {{{}}}", tags.join(",\n"))?;
        }
        fs::write(folder.join("expected.json"), text + "}\n")?;
        Ok(())
    }
}
