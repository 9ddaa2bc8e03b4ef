//! Four traps, measured: `cargo run --release -p ch13_data --example traps`.
//!
//! On MNIST if it is found (GRADUS_DATA), else on generated digits: validation on changed images, and another preparation in use
//! than in training. On noise: choosing features before splitting. And what equal seeds of the workers do to
//! augmentation.

use std::collections::HashSet;
use std::sync::Arc;

use ch00_start::Record;
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{Mlp, accuracy, train_step};
use ch13_data::transforms::{Chain, Interpolation, RandomCrop, RandomRotation};
use ch13_data::{Augment, Batch, Dataset, ImageSet, Loader, split_indices};
use datasets::mnist;

const SIDE: usize = 28;
const TRAIN: usize = 10_000;
const EPOCHS: u64 = 12;
const REPEATS: u64 = 10;

/// The pixels of each image as one row.
fn rows(x: Tensor) -> Tensor {
    let batch = x.dim(0);
    x.reshape([batch, SIDE * SIDE])
}

/// All images of a set, with the random numbers of `seed`.
fn all(set: &ImageSet, seed: u64) -> (Tensor, Array<i64>) {
    let indices: Vec<usize> = (0..set.len()).collect();
    let Batch { input, labels } = set.batch(&indices, &mut Rng::new(seed, "validation"));
    (rows(input), labels)
}

fn chain() -> Chain {
    Chain::new()
        .then(RandomRotation { degrees: 15.0, interpolation: Interpolation::Bilinear })
        .then(RandomCrop { size: [SIDE, SIDE], padding: 3 })
}

/// Noise: `features` random numbers for each of `n` examples, and labels that have nothing to do with them.
fn noise(n: usize, features: usize, rng: &mut Rng) -> (Vec<Vec<f64>>, Vec<bool>) {
    let x = (0..n).map(|_| (0..features).map(|_| rng.normal()).collect()).collect();
    (x, (0..n).map(|_| rng.below(2) == 1).collect())
}

/// The difference of the class means of each feature over these examples.
fn differences(x: &[Vec<f64>], y: &[bool], of: &[usize]) -> Vec<f64> {
    let mut sums = vec![[0.0; 2]; x[0].len()];
    let mut counts = [0.0; 2];
    for &i in of {
        counts[usize::from(y[i])] += 1.0;
        sums.iter_mut().zip(&x[i]).for_each(|(sums, x)| sums[usize::from(y[i])] += x);
    }
    sums.iter().map(|sums| sums[1] / counts[1] - sums[0] / counts[0]).collect()
}

/// Chooses the 20 features whose class means differ most over the examples `choose`, learns a linear rule on `train` from
/// them, and gives its accuracy on `test`.
fn judged(x: &[Vec<f64>], y: &[bool], choose: &[usize], train: &[usize], test: &[usize]) -> f64 {
    let strength = differences(x, y, choose);
    let mut order: Vec<usize> = (0..strength.len()).collect();
    order.sort_by(|&a, &b| strength[b].abs().total_cmp(&strength[a].abs()));
    let chosen = &order[..20];
    let weights = differences(x, y, train);
    // The deviations are 1 and the means near 0: the sign of the sum is the nearer class mean.
    let says = |i: usize| chosen.iter().map(|&f| weights[f] * x[i][f]).sum::<f64>() > 0.0;
    test.iter().filter(|&&i| says(i) == y[i]).count() as f64 / test.len() as f64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (data, source) = mnist::load_or_generate(None)?;
    println!("{}", mnist::announce(&source));
    let mut record = Record::from_args("ch13_traps");
    record.seed(0).text("data", mnist::name(&source));
    let set = |images: &mnist::Images| ImageSet::new(images.pixels.clone(), &images.labels, [1, SIDE, SIDE]);
    let (train, test) = (set(&data.train), set(&data.test));
    let some: Vec<usize> = (0..train.len().min(TRAIN)).collect();
    let statistics = train.channel_statistics(&some);
    let train = Arc::new(train.select(&some).normalise(&statistics).transform(chain()));
    let mut model = Mlp::new(&[SIDE * SIDE, 128, 10], Activation::Relu, &mut Rng::new(0, "init"));
    let loader = Loader::new(train, 64).shuffle(true).workers(2);
    for epoch in 0..EPOCHS {
        let rate = 0.1 * (1.0 - epoch as f64 / EPOCHS as f64);
        for Batch { input, labels } in loader.epoch(epoch, 0) {
            train_step(&mut model, rows(input), &labels, rate);
        }
    }
    let right = |set: &ImageSet, seed| {
        let (x, y) = all(set, seed);
        accuracy(&model, &x, &y)
    };

    // 1. Validation on changed images.
    let proper = right(&test.clone().normalise(&statistics), 0);
    let changed = test.clone().normalise(&statistics).transform(chain());
    let changed: Vec<f64> = (0..REPEATS).map(|seed| right(&changed, seed)).collect();
    let low = changed.iter().copied().fold(1.0, f64::min);
    let high = changed.iter().copied().fold(0.0, f64::max);
    println!("test accuracy {proper:.4}; on changed images {low:.4} to {high:.4} in {REPEATS} runs");
    record.number("proper", proper).number("changed_low", low).number("changed_high", high);

    // 2. Another preparation than in training.
    let zero_to_one = right(&test, 0);
    let (raw, labels) = all(&test, 0);
    let prepared = |f: &(dyn Fn(f32) -> f32 + Sync)| accuracy(&model, &raw.clone().map(f), &labels);
    let (mean, std) = (statistics.mean[0], statistics.std[0]);
    let bytes = prepared(&|x| 255.0 * x);
    let inverted = prepared(&|x| (1.0 - x - mean) / std);
    println!(
        "prepared otherwise: 0 to 1 {zero_to_one:.4}, 0 to 255 {bytes:.4}, black on white {inverted:.4}"
    );
    record.number("zero_to_one", zero_to_one).number("bytes", bytes).number("inverted", inverted);

    // 3. Choosing before splitting, on noise.
    let (mut leaked, mut honest) = (0.0, 0.0);
    for seed in 0..REPEATS {
        let (x, y) = noise(100, 5000, &mut Rng::new(seed, "noise"));
        let (test, train) = split_indices(100, 0.5, seed);
        let everything: Vec<usize> = (0..100).collect();
        leaked += judged(&x, &y, &everything, &train, &test) / REPEATS as f64;
        honest += judged(&x, &y, &train, &train, &test) / REPEATS as f64;
    }
    println!("on noise: features chosen on all examples {leaked:.3}, on the training examples {honest:.3}");
    record.number("leaked", leaked).number("honest", honest);

    // 4. Equal seeds: of 512 batches of 8 images, how many views differ? Crops of up to 16 pixels and flips: 2178 views.
    let augment = Augment { crop_padding: 16, flip: true };
    let view = |rng: &mut Rng| {
        let view = augment.view(rng);
        (view.top, view.left, view.flip)
    };
    for workers in [1usize, 4, 16] {
        let mut generators = vec![Rng::new(0, "augment"); workers];
        let drawn = (0..512).flat_map(|batch| [(); 8].map(|()| view(&mut generators[batch % workers])));
        let views = drawn.collect::<HashSet<_>>().len();
        println!("{workers:2} workers with equal seeds: {views} different views in 4096");
        record.number(&format!("views_{workers}"), views as f64);
    }
    record.finish()?;
    Ok(())
}
