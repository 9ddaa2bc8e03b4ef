//! How small may a batch be? `cargo run --release -p ch11_normalization --example batch_size`.
//!
//! The same network of four hidden layers, without normalisation, with BatchNorm, LayerNorm and GroupNorm, reads digits
//! (MNIST if it is found, else generated ones). Every run sees the same examples equally often, in batches of 1 to 512; the
//! learning rate grows with the batch. Three seeds each. After training, BatchNorm is asked twice: with the running statistics
//! of the training, and with recalibrated ones.

use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Linear, accuracy, labelled_rows, train_epoch};
use ch07_modules::Sequential;
use ch11_normalization::{BatchNorm1d, GroupNorm, LayerNorm, recalibrate};
use datasets::mnist;

const EXAMPLES: usize = 8192;
const TEST: usize = 5000;
const EPOCHS: usize = 2;
const HIDDEN: usize = 64;
const GROUPS: usize = 8;
const BATCHES: [usize; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const SEEDS: u64 = 3;

#[derive(Clone, Copy, PartialEq)]
enum Norm {
    None,
    Batch,
    Layer,
    Group,
}

fn model(norm: Norm, seed: u64) -> Sequential {
    let mut rng = Rng::new(seed, "init");
    let mut model = Sequential::new();
    let mut width = 784;
    for _ in 0..4 {
        model = model.push(Linear::new(width, HIDDEN, &mut rng));
        model = match norm {
            Norm::None => model,
            Norm::Batch => model.push(BatchNorm1d::new(HIDDEN)),
            Norm::Layer => model.push(LayerNorm::new(HIDDEN)),
            Norm::Group => model.push(GroupNorm::new(GROUPS, HIDDEN)),
        };
        model = model.push(ActivationLayer::new(Activation::Relu));
        width = HIDDEN;
    }
    model.push(Linear::new(HIDDEN, 10, &mut rng))
}

type Set = (Tensor, Array<i64>);

/// The share of the test images that are right after training, and after recalibration.
fn run(norm: Norm, batch: usize, seed: u64, train: &Set, test: &Set) -> [f64; 2] {
    let mut model = model(norm, seed);
    let mut order = Rng::new(seed, "shuffle");
    let rate = (0.005 * batch as f64).min(0.2);
    for _ in 0..EPOCHS {
        train_epoch(&mut model, (&train.0, &train.1), batch, rate, &mut order, |_| {});
    }
    let trained = accuracy(&model, &test.0, &test.1);
    recalibrate(&mut model, (0..EXAMPLES).step_by(512).map(|from| train.0.narrow(0, from, 512)));
    [trained, accuracy(&model, &test.0, &test.1)]
}

/// The mean over the seeds, and the largest distance from it.
fn mean_and_spread(found: &[f64]) -> (f64, f64) {
    let mean = found.iter().sum::<f64>() / found.len() as f64;
    (mean, found.iter().map(|x| (x - mean).abs()).fold(0.0, f64::max))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let prepare = |images: &mnist::Images, count: usize| {
        labelled_rows(&images.pixels[..784 * count], &images.labels[..count], mnist::STATISTICS)
    };
    let (train, test) = (prepare(&data.train, EXAMPLES), prepare(&data.test, TEST.min(data.test.len())));

    let mut record = Record::from_args("ch11_batch_size");
    record.seed(0).number("seeds", SEEDS as f64).number("examples", EXAMPLES as f64);
    record.number("epochs", EPOCHS as f64).number("test", test.0.dim(0) as f64);
    record.text("data", mnist::name(&source));
    record.number("groups", GROUPS as f64);
    let start = Instant::now();
    let (mut series, mut recalibrated) = (Vec::new(), Vec::new());
    for (norm, name, short) in [
        (Norm::None, "no normalisation", "none"),
        (Norm::Batch, "BatchNorm", "batch"),
        (Norm::Layer, "LayerNorm", "layer"),
        (Norm::Group, "GroupNorm", "group"),
    ] {
        let mut points = Vec::new();
        // With one example, BatchNorm has no variance to divide by.
        for batch in BATCHES.into_iter().filter(|&batch| norm != Norm::Batch || batch > 1) {
            let found: Vec<[f64; 2]> = (0..SEEDS).map(|seed| run(norm, batch, seed, &train, &test)).collect();
            let [trained, after] = [0, 1].map(|which| found.iter().map(|of| of[which]).collect::<Vec<_>>());
            let (mean, spread) = mean_and_spread(&trained);
            println!("{name:16} batch {batch:3}: {:5.2} % ± {:.2}", 100.0 * mean, 100.0 * spread);
            record.number(&format!("{short}_{batch}"), mean);
            record.number(&format!("{short}_{batch}_spread"), spread);
            points.push((batch as f64, 100.0 * mean));
            if norm == Norm::Batch {
                let (mean, _) = mean_and_spread(&after);
                println!("{:16} recalibrated: {:5.2} %", "", 100.0 * mean);
                record.number(&format!("recalibrated_{batch}"), mean);
                recalibrated.push((batch as f64, 100.0 * mean));
            }
        }
        series.push(Series::new(name, points).marked());
    }
    series.push(Series::new("BatchNorm, recalibrated", recalibrated).dashed());
    println!("{:.1} s", start.elapsed().as_secs_f64());
    let path = record.figure_path("ch11_batch_size");
    let title = "Test accuracy after the same number of examples, by size of batch";
    figure::lines_log_x(&path, title, "examples in a batch", "test accuracy (%)", &series)?;
    record.finish()?;
    Ok(())
}
