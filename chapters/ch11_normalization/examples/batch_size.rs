//! How small may a batch be? `cargo run --release -p ch11_normalization --example batch_size`.
//!
//! The same network of four hidden layers, without normalisation, with BatchNorm and with LayerNorm, reads digits
//! (MNIST if it is found, else generated ones). Every run sees the same examples equally often, in batches of 1 to 256; the
//! learning rate grows with the batch. Three seeds each.

use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear, Module, Visitor, accuracy, train_epoch};
use ch07_modules::Sequential;
use ch11_normalization::{BatchNorm2d, LayerNorm};
use datasets::mnist;

const EXAMPLES: usize = 4000;
const TEST: usize = 5000;
const EPOCHS: usize = 2;
const HIDDEN: usize = 64;
const BATCHES: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, 256];
const SEEDS: u64 = 3;

/// BatchNorm of feature vectors: images of one pixel.
struct BatchNormOfFeatures(BatchNorm2d);

impl Layer for BatchNormOfFeatures {
    fn forward(&mut self, x: Tensor) -> Tensor {
        let [n, features] = [x.dim(0), x.dim(1)];
        self.0.forward(x.reshape([n, features, 1, 1])).reshape([n, features])
    }
    fn backward(&mut self, grad: Tensor) -> Tensor {
        let [n, features] = [grad.dim(0), grad.dim(1)];
        self.0.backward(grad.reshape([n, features, 1, 1])).reshape([n, features])
    }
    fn infer(&self, x: Tensor) -> Tensor {
        let [n, features] = [x.dim(0), x.dim(1)];
        self.0.infer(x.reshape([n, features, 1, 1])).reshape([n, features])
    }
}

impl Module for BatchNormOfFeatures {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        self.0.visit(visitor);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Norm {
    None,
    Batch,
    Layer,
}

fn model(norm: Norm, seed: u64) -> Sequential {
    let mut rng = Rng::new(seed, "init");
    let mut model = Sequential::new();
    let mut width = 784;
    for _ in 0..4 {
        model = model.push(Linear::new(width, HIDDEN, &mut rng));
        model = match norm {
            Norm::None => model,
            Norm::Batch => model.push(BatchNormOfFeatures(BatchNorm2d::new(HIDDEN))),
            Norm::Layer => model.push(LayerNorm::new(HIDDEN)),
        };
        model = model.push(ActivationLayer::new(Activation::Relu));
        width = HIDDEN;
    }
    model.push(Linear::new(HIDDEN, 10, &mut rng))
}

/// The share of the test images that are right after training.
fn run(
    norm: Norm,
    batch: usize,
    seed: u64,
    train: &(Tensor, Array<i64>),
    test: &(Tensor, Array<i64>),
) -> f64 {
    let mut model = model(norm, seed);
    let mut order = Rng::new(seed, "shuffle");
    let rate = (0.005 * batch as f64).min(0.2);
    for _ in 0..EPOCHS {
        train_epoch(&mut model, (&train.0, &train.1), batch, rate, &mut order, |_| {});
    }
    accuracy(&model, &test.0, &test.1)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let prepare = |images: &mnist::Images, count: usize| {
        let pixels = Array::from_slice(&images.pixels[..784 * count], [count, 784]);
        let x = pixels.map_to(|p| (f32::from(p) / 255.0 - 0.1307) / 0.3081);
        (x, Array::from_slice(&images.labels[..count], [count]).cast::<i64>())
    };
    let (train, test) = (prepare(&data.train, EXAMPLES), prepare(&data.test, TEST.min(data.test.len())));

    let mut record = Record::from_args("ch11_batch_size");
    record.seed(0).number("seeds", SEEDS as f64).number("examples", EXAMPLES as f64);
    record.number("epochs", EPOCHS as f64).number("test", test.0.dim(0) as f64);
    record.text("data", if source.is_real() { "MNIST" } else { "generated digits" });
    let start = Instant::now();
    let mut series = Vec::new();
    for (norm, name, short) in [
        (Norm::None, "no normalisation", "none"),
        (Norm::Batch, "BatchNorm", "batch"),
        (Norm::Layer, "LayerNorm", "layer"),
    ] {
        let mut points = Vec::new();
        // With one example, BatchNorm has no variance to divide by.
        for batch in BATCHES.into_iter().filter(|&batch| norm != Norm::Batch || batch > 1) {
            let found: Vec<f64> = (0..SEEDS).map(|seed| run(norm, batch, seed, &train, &test)).collect();
            let mean = found.iter().sum::<f64>() / SEEDS as f64;
            let spread = found.iter().map(|x| (x - mean).abs()).fold(0.0, f64::max);
            println!("{name:16} batch {batch:3}: {:5.2} % ± {:.2}", 100.0 * mean, 100.0 * spread);
            record.number(&format!("{short}_{batch}"), mean);
            record.number(&format!("{short}_{batch}_spread"), spread);
            points.push((batch as f64, 100.0 * mean));
        }
        series.push(Series::new(name, points).marked());
    }
    println!("{:.1} s", start.elapsed().as_secs_f64());
    let path = record.figure_path("ch11_batch_size");
    let title = "Test accuracy after the same number of examples, by size of batch";
    figure::lines_log_x(&path, title, "examples in a batch", "test accuracy (%)", &series)?;
    record.finish()?;
    Ok(())
}
