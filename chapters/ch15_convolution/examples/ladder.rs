//! The ladder measured: GFLOP/s of each way to convolve, on the convolutions of SmallCNN, on one thread.
//!
//! The rungs and a loop of multiply-adds that waits for nothing take turns within each round, so that whatever else the machine
//! does meets them alike; the median of the rounds is shown. What is measured is the time the thread really ran.
//!
//! `cargo run --release -p ch15_convolution --example ladder`

use std::hint::black_box;
use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure::bars;
use ch01_tensors::{Rng, Tensor};
use ch15_convolution::*;

/// Input channels, output channels, side of the image: all 3 x 3 kernels of the network but the first, which is small.
const LAYERS: [(usize, usize, usize); 4] = [(32, 64, 32), (64, 128, 16), (128, 128, 16), (128, 256, 8)];
const ROUNDS: usize = 7;
/// Images for the two upper rungs; the naive one convolves one.
const IMAGES: usize = 16;

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
            rates[at] = median(rounds.iter().map(|round| round[name]).collect());
        }
        let shown: Vec<String> = rates.iter().map(|rates| format!("{:8.2}", rates[at])).collect();
        println!("{layer:?}: {} GFLOP/s", shown.join(" "));
    }
    let peak = median(peaks);
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
        let (start, wall, mut count) = (seconds(), Instant::now(), 0);
        while count == 0 || (seconds() - start < 0.05 && wall.elapsed().as_secs() < 5) {
            run();
            count += 1;
        }
        work * f64::from(count) / (seconds() - start)
    };
    let batch = work * IMAGES as f64;
    let mut round = || {
        peaks.extend(fma_burst().map(|work| rate(work, &mut || _ = black_box(fma_burst()))));
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

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Seconds that this thread has run for, where the system says.
fn seconds() -> f64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let running = times.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    running
        .map_or_else(|| START.with(|start| start.elapsed().as_secs_f64()), |nanoseconds| nanoseconds * 1e-9)
}

thread_local! {
    static START: Instant = Instant::now();
}

/// A million rounds of multiply-adds that wait for nothing, and their GFLOP; None where there are no 512-bit vectors.
fn fma_burst() -> Option<f64> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has the instructions.
        unsafe { burst() };
        return Some(2.0 * 16.0 * 12.0 * 1e6 / 1e9);
    }
    None
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn burst() {
    use std::arch::x86_64::*;
    let (factor, term) = (_mm512_set1_ps(black_box(0.5)), _mm512_set1_ps(black_box(1.0)));
    let mut sums = [_mm512_setzero_ps(); 12];
    for _ in 0..1_000_000 {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(*sum, factor, term);
        }
    }
    black_box(sums);
}
