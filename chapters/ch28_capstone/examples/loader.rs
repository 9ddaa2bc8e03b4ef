//! What the loader costs: how many augmented pictures of 32 x 32 pixels it gives in a second, beside how many a training step
//! of the network takes, and how much longer a step is with it.
//!
//! `cargo run --release -p ch28_capstone --example loader`. Steps that take their batch from the loader, which works ahead
//! on a thread of its own, take turns with steps that use one batch again and again. The median of the rounds counts.

use std::sync::Arc;
use std::time::Instant;

use ch00_start::{Record, measure::median};
use ch01_tensors::{Array, Rng};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, zero_grad};
use ch09_optimizers::{AdamW, Optimizer};
use ch13_data::{Augment, Batch, ImageSet, Loader, Statistics};
use ch15_convolution::small_cnn;

const IMAGES: usize = 4096;
const BATCH: usize = 128;
const ROUNDS: usize = 9;
/// Steps of each kind in a round.
const STEPS: usize = 4;

fn main() -> anyhow::Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
    pool.install(measure)
}

fn measure() -> anyhow::Result<()> {
    let mut record = Record::from_args("ch28_loader");
    record.seed(0).number("rounds", ROUNDS as f64);

    let mut rng = Rng::new(0, "pictures");
    let pixels: Vec<u8> = (0..IMAGES * 3072).map(|_| rng.below(256) as u8).collect();
    let labels: Vec<u8> = (0..IMAGES).map(|_| rng.below(10) as u8).collect();
    let set = ImageSet::new(pixels, &labels, [3, 32, 32])
        .normalise(&Statistics { mean: vec![0.5; 3], std: vec![0.25; 3] })
        .augment(Augment { crop_padding: 4, flip: true });
    let set = Arc::new(set);
    let loader = |workers| Loader::new(set.clone(), BATCH).shuffle(true).drop_last(true).workers(workers);

    // The loader alone, on this thread.
    let alone = |epoch| {
        let start = Instant::now();
        let images: usize = loader(0).epoch(epoch, 0).map(|batch| batch.labels.size()).sum();
        images as f64 / start.elapsed().as_secs_f64()
    };
    let rate = median(&(0..ROUNDS as u64).map(alone).collect::<Vec<f64>>());

    let mut model = small_cnn(3, 10, 32, 0.4, 0);
    let (criterion, mut optimizer) = (CrossEntropy::default(), AdamW::new());
    let mut step = |Batch { input, labels }: Batch<_>| {
        zero_grad(&mut model);
        let logits = model.forward(input);
        model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
        optimizer.step(&mut model, 1e-4);
    };
    let loader = loader(1);
    let mut batches = (0..).flat_map(|epoch| loader.epoch(epoch, 0));
    let kept = loader.epoch(0, 0).next().expect("there are batches");
    step(kept.clone());
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        (0..STEPS).for_each(|_| step(batches.next().expect("epochs do not end")));
        with.push(start.elapsed().as_secs_f64() / STEPS as f64);
        let start = Instant::now();
        (0..STEPS).for_each(|_| step(kept.clone()));
        without.push(start.elapsed().as_secs_f64() / STEPS as f64);
    }
    let mut ratios: Vec<f64> = with.iter().zip(&without).map(|(with, without)| with / without).collect();
    ratios.sort_by(f64::total_cmp);
    let trained = BATCH as f64 / median(&without);
    println!("the loader alone, on one thread: {rate:.0} images/s; a step on two threads takes {trained:.0}");
    println!("that is {:.0} times as many as needed", rate / trained);
    println!(
        "a step with the loader takes {:.3} times as long as one without ({:.3} to {:.3})",
        ratios[ROUNDS / 2],
        ratios[0],
        ratios[ROUNDS - 1],
    );
    record.number("images", rate).number("trained", trained).number("times", rate / trained);
    record.number("step_ratio", ratios[ROUNDS / 2]);
    record.number("step_ratio_low", ratios[0]).number("step_ratio_high", ratios[ROUNDS - 1]);
    record.finish()?;
    Ok(())
}
