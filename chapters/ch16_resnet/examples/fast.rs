//! The fast network on CIFAR-10 (generated shapes if it is not found), by its recipe and chapter 14's trainer:
//! `cargo run --release -p ch16_resnet --example fast -- [EPOCHS] [IMAGES]`, 10 epochs on all images unless told.
//!
//! Everything that the result depends on: the first layer whitens the first 5000 training images; images are normalised by
//! the mean and deviation of those that are learned from, shifted by up to 2 pixels and flipped in turns; a batch is 512
//! examples; `FastRecipe` has the rest. The last 1000 training images only watch. The test images are looked at once, one
//! time plainly and one time in six views.

use std::sync::Arc;
use std::time::Instant;

use ch01_tensors::Rng;
use ch13_data::{Dataset, ImageSet, Loader};
use ch14_training::{RunDir, evaluate};
use ch16_resnet::{FastImages, FastNet, FastRecipe};
use datasets::cifar10;

const SHAPE: [usize; 3] = [3, 32, 32];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let epochs = numbers.next().unwrap_or(10);
    let (data, source) = cifar10::load_or_generate(None)?;
    println!("{}", cifar10::announce(&source));
    let all = ImageSet::new(data.train.pixels, &data.train.labels, SHAPE);
    let watched = 1000.min(all.len() / 2);
    let images = numbers.next().map_or(all.len() - watched, |n: u64| n as usize).min(all.len() - watched);
    let learned: Vec<usize> = (0..images).collect();
    let watching: Vec<usize> = (all.len() - watched..all.len()).collect();
    let statistics = all.channel_statistics(&learned);
    let prepared = |set: ImageSet| Arc::new(set.normalise(&statistics));
    let recipe = FastRecipe { epochs, batch: 512, ..FastRecipe::default() };

    let train = FastImages::new(all.select(&learned), &statistics, recipe.padding, 0);
    let train = Loader::new(train, recipe.batch).seed(0).shuffle(true).drop_last(true).workers(1);
    let watch = Loader::new(prepared(all.select(&watching)), 250);
    let test = Loader::new(prepared(ImageSet::new(data.test.pixels, &data.test.labels, SHAPE)), 250);

    let some: Vec<usize> = (0..images.min(5000)).collect();
    let sample = prepared(all.select(&learned)).batch(&some, &mut Rng::new(0, "nothing is drawn")).input;
    let mut model = FastNet::new(&sample, 10, &mut Rng::new(0, "init"));
    let folder = tempfile::tempdir()?;
    let start = Instant::now();
    let mut trainer = recipe.trainer(train.batches() as u64);
    trainer.fit(&mut model, &train, &watch, &RunDir::create(folder.path())?, false)?;
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    let plain = evaluate(&model, &test).accuracy;
    model.views = true;
    let views = evaluate(&model, &test).accuracy;
    println!("{images} images, {epochs} epochs, {minutes:.1} minutes");
    println!("test: {:.2} %, in six views {:.2} %", 100.0 * plain, 100.0 * views);
    Ok(())
}
