//! Plain networks against residual ones of 20 and of 56 layers, on CIFAR-10 if it is found and on generated shapes if not:
//! `cargo run --release -p ch16_resnet --example depth`.
//!
//! Scaled down from the paper to what two processor cores do in minutes: images of 16 x 16 (each pixel the mean of four),
//! 8, 16 and 32 channels instead of 16, 32 and 64, 10,000 images, 10 epochs instead of 164, no augmentation but flips. One seed.

use std::sync::Arc;
use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, zero_grad};
use ch09_optimizers::{Optimizer, Sgd};
use ch10_schedules::{Schedule, WarmupCosine};
use ch13_data::{Augment, ImageSet, Loader};
use ch14_training::evaluate;
use ch16_resnet::{Kind, ResNet, ResNetConfig};
use datasets::cifar10::{self, Images};

const IMAGES: usize = 10_000;
const TEST: usize = 5_000;
const EPOCHS: u64 = 10;
const BATCH: usize = 64;
const RATE: f64 = 0.1;
const SIDE: usize = 16;

/// The first so many images at half their size: each pixel is the mean of four, rounded.
fn halved(images: &Images, count: usize) -> ImageSet {
    let count = count.min(images.len());
    let side = 2 * SIDE;
    let mut pixels = Vec::with_capacity(count * 3 * SIDE * SIDE);
    for plane in images.pixels[..count * 3 * side * side].chunks(side * side) {
        for (y, x) in (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (y, x))) {
            let at = |dy: usize, dx: usize| u16::from(plane[(2 * y + dy) * side + 2 * x + dx]);
            pixels.push(((at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1) + 2) / 4) as u8);
        }
    }
    ImageSet::new(pixels, &images.labels[..count], [3, SIDE, SIDE])
}

/// The mean training loss of each epoch, and the accuracy on the test images at the end.
fn run(kind: Kind, depth: usize, train: &Loader<ImageSet>, test: &Loader<ImageSet>) -> (Vec<f64>, f64) {
    let config = ResNetConfig { width: 8, ..ResNetConfig::small(kind, depth) };
    let mut model = ResNet::new(&config, &mut Rng::new(0, "init"));
    let mut optimizer: Sgd = Sgd::new().momentum(0.9).weight_decay(1e-4);
    let steps = EPOCHS * train.batches() as u64;
    let schedule = WarmupCosine { peak: RATE, warmup: steps / 20, total: steps, floor: 0.0 };
    let loss = CrossEntropy::default();
    let mut losses = Vec::new();
    for epoch in 0..EPOCHS {
        let mut sum = 0.0;
        for batch in train.epoch(epoch, 0) {
            zero_grad(&mut model);
            let logits = model.forward(batch.input);
            sum += f64::from(loss.forward(&logits, &batch.labels).item());
            model.backward(loss.backward(&Tensor::scalar(1.0), &logits, &batch.labels));
            optimizer.step(&mut model, schedule.rate(optimizer.steps()));
        }
        losses.push(sum / train.batches() as f64);
    }
    (losses, evaluate(&model, test).accuracy)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (data, source) = cifar10::load_or_generate(None)?;
    println!("{}", cifar10::announce(&source));
    let (train, test) = (halved(&data.train, IMAGES), halved(&data.test, TEST));
    let statistics = train.channel_statistics(&(0..train.labels().len()).collect::<Vec<_>>());
    let train =
        train.normalise(&statistics).augment(Augment { flip: source.is_real(), ..Augment::default() });
    let train = Loader::new(Arc::new(train), BATCH).seed(0).shuffle(true).drop_last(true).workers(1);
    let test = Loader::new(Arc::new(test.normalise(&statistics)), 250);
    let mut record = Record::from_args("ch16_depth");
    record.seed(0).number("epochs", EPOCHS as f64).number("images", IMAGES as f64);
    record.text("data", if source.is_real() { "CIFAR-10" } else { "generated shapes" });
    let mut curves = Vec::new();
    for (kind, name) in [(Kind::Plain, "plain"), (Kind::Basic, "residual")] {
        for depth in [20, 56] {
            let start = Instant::now();
            let (losses, accuracy) = run(kind, depth, &train, &test);
            let last = losses[losses.len() - 1];
            let seconds = start.elapsed().as_secs_f64();
            println!(
                "{name}, {depth} layers: loss {last:.3}, {:.2} % right, {seconds:.0} s",
                100.0 * accuracy
            );
            record.number(&format!("{name}_{depth}_loss"), last);
            record.number(&format!("{name}_{depth}"), accuracy);
            let points = losses.iter().enumerate().map(|(epoch, &loss)| (epoch as f64 + 1.0, loss)).collect();
            let series = Series::new(&format!("{name}, {depth} layers"), points);
            curves.push(if kind == Kind::Plain { series.dashed() } else { series });
        }
    }
    let path = record.figure_path("ch16_depth");
    let title = "Training loss of plain and residual networks";
    figure::lines(&path, title, "epoch", "loss", &curves)?;
    record.finish()?;
    Ok(())
}
