//! How long a training step of SmallCNN takes, layer by layer: `cargo run --release -p ch15_convolution --example step`.
//!
//! An argument says for how many seconds, 5 if there is none. The workload is `smallcnn` of the benchmarks: batch 128, images of 3 x 32 x 32, ten classes. Steps with plain gradient descent;
//! the optimizer is a thousandth of the whole.

use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure::bars;
use ch00_start::measure::{median, multiply_adds, peak_memory, process_seconds};
use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{sgd_step, zero_grad};
use ch15_convolution::small_cnn;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(5.0);
    let mut record = Record::from_args("ch15_step");
    record.seed(0);
    let batch = 128;
    let rng = &mut Rng::new(0, "data");
    let mut model = small_cnn(3, 10, 32, 0.4, 0);
    let x = Tensor::normal([batch, 3, 32, 32], 0.0, 1.0, rng);
    let labels = Array::<i64>::from_fn([batch], |_| rng.below(10) as i64);
    let loss = CrossEntropy::default();

    let layers = model.layers().len();
    let (mut forward, mut backward) = (vec![Vec::new(); layers], vec![Vec::new(); layers]);
    let (mut steps, mut fma, mut shapes) = (Vec::new(), Vec::new(), vec![Vec::new(); layers]);
    let start = Instant::now();
    let (mut cpu, mut fma_cpu, mut fma_work) = (0.0, 0.0, 0.0);
    while steps.len() < 5 || start.elapsed().as_secs_f64() < seconds {
        let (before, burst) = (process_seconds(), Instant::now());
        let work = fma_burst();
        fma.push(work / burst.elapsed().as_secs_f64());
        let after = process_seconds();
        fma_work += work;
        fma_cpu += after - before;
        let step = Instant::now();
        zero_grad(&mut model);
        let mut y = x.clone();
        for (i, layer) in model.layers_mut().iter_mut().enumerate() {
            let from = Instant::now();
            y = layer.forward(y);
            forward[i].push(from.elapsed().as_secs_f64());
            shapes[i] = y.shape().to_vec();
        }
        let mut grad = loss.backward(&Tensor::scalar(1.0), &y, &labels);
        drop(y);
        for (i, layer) in model.layers_mut().iter_mut().enumerate().rev() {
            let from = Instant::now();
            grad = layer.backward(grad);
            backward[i].push(from.elapsed().as_secs_f64());
        }
        drop(grad);
        sgd_step(&mut model, 1e-3);
        steps.push(step.elapsed().as_secs_f64());
        cpu += process_seconds() - after;
    }

    println!("layer  output                  forward ms  backward ms");
    let mut parts = [[0.0; 2]; PARTS.len()];
    for i in 0..layers {
        let times = [&forward[i], &backward[i]].map(|times| 1e3 * median(times));
        println!("{i:>5}  {:<22} {:>10.2}  {:>10.2}", format!("{:?}", shapes[i]), times[0], times[1]);
        for (sum, time) in parts[part(i)].iter_mut().zip(times) {
            *sum += time;
        }
    }
    let (threads, step, fma) = (rayon::current_num_threads() as f64, median(&steps), median(&fma));
    // On a busy machine the clock says little. What the threads have had of the processors says more.
    let (cpu, rate) = (cpu / steps.len() as f64, fma_work / fma_cpu);
    record.number("threads", threads).number("steps", steps.len() as f64);
    record.number("samples_per_second", batch as f64 / step);
    record.number("samples_per_second_best", batch as f64 / best(&steps));
    record.number("samples_per_processor_second", batch as f64 / cpu);
    record.number("gflops", GFLOP / step).number("fma_gflops", fma);
    record.number("share_of_fma", 100.0 * GFLOP / step / fma);
    record.number("share_of_fma_in_processor_time", 100.0 * GFLOP / cpu / rate);
    record.number("megabytes", peak_memory().unwrap_or(f64::NAN).floor());
    let totals = parts.map(|times| times[0] + times[1]);
    let all: f64 = totals.iter().sum();
    for (name, total) in PARTS.iter().zip(totals) {
        record.number(&format!("share_{name}"), 100.0 * total / all);
    }
    let [forward, backward] = [0, 1].map(|pass| parts.map(|times| times[pass]));
    let path = record.figure_path("ch15_step");
    let title = "A training step of SmallCNN, batch 128";
    bars(&path, title, "ms", &PARTS, &[("forward", &forward), ("backward", &backward)])?;
    record.finish()?;
    Ok(())
}

/// Floating-point operations of convolutions and linear layers in a step, forward and backward, in thousand million.
const GFLOP: f64 = 73.2;
const PARTS: [&str; 5] = ["convolution", "normalisation", "ReLU", "pooling", "rest"];

/// Which of [`PARTS`] a layer of SmallCNN belongs to.
fn part(layer: usize) -> usize {
    match layer {
        0 | 3 | 7 | 10 | 14 => 0,
        1 | 4 | 8 | 11 | 15 => 1,
        2 | 5 | 9 | 12 | 16 | 20 => 2,
        6 | 13 | 17 => 3,
        _ => 4,
    }
}

fn best(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Multiply-adds that wait for nothing, by all threads: their GFLOP, NaN without 512-bit vectors.
fn fma_burst() -> f64 {
    rayon::broadcast(|_| multiply_adds(8_000_000).unwrap_or(f64::NAN)).iter().sum()
}
