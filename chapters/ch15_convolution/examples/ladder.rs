//! The ladder measured: GFLOP/s of each way to convolve, on the convolutions of SmallCNN, on one thread.
//!
//! The rungs and a loop of multiply-adds that waits for nothing take turns within each round, so that whatever else the machine
//! does meets them alike; the median of the rounds is shown. What is measured is the time the thread really ran.
//!
//! `cargo run --release -p ch15_convolution --example ladder`

use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure::bars;
use ch00_start::measure::{median, multiply_adds, thread_seconds};
use ch01_tensors::{Rng, Tensor};
use ch15_convolution::*;

/// Input channels, output channels, side of the image: all 3 x 3 kernels of the network but the first, which is small.
const LAYERS: [(usize, usize, usize); 4] = [(32, 64, 32), (64, 128, 16), (128, 128, 16), (128, 256, 8)];
const ROUNDS: usize = 7;
/// Images for the two upper rungs; the naive one convolves one.
const IMAGES: usize = 16;
/// Rounds of multiply-adds at a time.
const BURST: usize = 1_000_000;

/// What is measured: a name and the pass.
const NAMES: [&str; 7] = [
    "naive",
    "im2col_forward",
    "im2col_input",
    "im2col_weight",
    "direct_forward",
    "direct_input",
    "direct_weight",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch15_ladder");
    record.seed(0).number("rounds", ROUNDS as f64).number("images", IMAGES as f64);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut rates = [[0.0; 4]; 7];
    let mut peaks = Vec::new();
    for (at, &layer) in LAYERS.iter().enumerate() {
        let rounds = one.install(|| measure(layer, &mut peaks));
        for (name, rates) in rates.iter_mut().enumerate() {
            rates[at] = median(&rounds.iter().map(|round| round[name]).collect::<Vec<f64>>());
        }
        let shown: Vec<String> = rates.iter().map(|rates| format!("{:8.2}", rates[at])).collect();
        println!("{layer:?}: {} GFLOP/s", shown.join(" "));
    }
    let peak = median(&peaks);
    record.number("peak", peak);
    for (name, rates) in NAMES.iter().zip(&rates) {
        record.series(name, rates);
        // The middle layer, the largest, in per cent of what the thread could do.
        record.number(&format!("{name}_share"), 100.0 * rates[2] / peak);
    }
    for (name, upper, lower) in
        [("gain_im2col", 1, 0), ("gain_direct", 4, 1), ("gain_input", 5, 2), ("gain_weight", 6, 3)]
    {
        record.number(name, rates[upper][2] / rates[lower][2]);
    }
    let labels = LAYERS.map(|(inputs, outputs, side)| format!("{inputs} to {outputs}, {side} x {side}"));
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let groups = [("naive", &rates[0][..]), ("im2col and matmul", &rates[1]), ("in use", &rates[4])];
    let path = record.figure_path("ch15_ladder");
    bars(&path, "Forward pass on one thread", "GFLOP/s", &labels, &groups)?;
    record.finish()?;
    Ok(())
}

/// GFLOP/s of everything in [`NAMES`], in turn, for each round.
fn measure((inputs, outputs, side): (usize, usize, usize), peaks: &mut Vec<f64>) -> Vec<[f64; 7]> {
    let rng = &mut Rng::new(0, "ladder");
    let options = Conv2dOptions { padding: [1, 1], ..Conv2dOptions::default() };
    let x = Tensor::normal([IMAGES, inputs, side, side], 0.0, 1.0, rng);
    let weight = Tensor::normal([outputs, inputs, 3, 3], 0.0, 1.0, rng);
    let grad = Tensor::normal([IMAGES, outputs, side, side], 0.0, 1.0, rng);
    let image = x.narrow(0, 0, 1).copy();
    let work = (2 * inputs * outputs * 9 * side * side) as f64 / 1e9;
    // The system counts a thread's time in steps of a few milliseconds: repeat for a twentieth of a second at least.
    let rate = |work: f64, run: &mut dyn FnMut()| {
        let (start, wall, mut count) = (thread_seconds(), Instant::now(), 0);
        while count == 0 || (thread_seconds() - start < 0.05 && wall.elapsed().as_secs() < 5) {
            run();
            count += 1;
        }
        work * f64::from(count) / (thread_seconds() - start)
    };
    let batch = work * IMAGES as f64;
    let mut round = || {
        // Without 512-bit vectors there is no peak to compare with.
        if let Some(work) = multiply_adds(BURST) {
            peaks.push(rate(work, &mut || _ = multiply_adds(BURST)));
        }
        [
            rate(work, &mut || drop(conv2d_naive(&image, &weight, None, options))),
            rate(batch, &mut || drop(conv2d_im2col(&x, &weight, None, options))),
            rate(batch, &mut || drop(conv2d_im2col_input_gradient(&grad, &x, &weight, options))),
            rate(batch, &mut || drop(conv2d_im2col_weight_gradient(&grad, &x, &weight, options))),
            rate(batch, &mut || drop(conv2d(&x, &weight, None, options))),
            rate(batch, &mut || drop(conv2d_input_gradient(&grad, &x, &weight, options))),
            rate(batch, &mut || drop(conv2d_weight_gradient(&grad, &x, &weight, options))),
        ]
    };
    (0..ROUNDS).map(|_| round()).collect()
}
