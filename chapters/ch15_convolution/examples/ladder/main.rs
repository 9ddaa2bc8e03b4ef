//! The ladder measured: GFLOP/s of each way to convolve, counted as multiplications of the definition, on one thread: the
//! convolutions of SmallCNN, and those of ResNet-18 that move by two. For the first layer, with its three channels, the memory
//! is measured too: a processor that waits for it can do no more than operations per byte times bytes per second.
//!
//! The rungs and a loop of multiply-adds that waits for nothing take turns within each round, so that whatever else the machine
//! does meets them alike; the median of the rounds is shown. What is measured is the time the thread really ran.
//!
//! `cargo run --release -p ch15_convolution --example ladder`

mod error;

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure::bars;
use ch00_start::measure::{median, multiply_adds, thread_seconds};
use ch01_tensors::{Rng, Tensor};
use ch02_matmul::{Kernel, with_kernel};
use ch15_convolution::*;

/// Input channels, output channels, side of the image, side of the kernel, stride.
type Layer = (usize, usize, usize, usize, usize);
/// The first convolutions of SmallCNN and of ResNet-18: so few channels that memory has a say.
const FIRST: [Layer; 2] = [(3, 32, 32, 3, 1), (3, 64, 32, 3, 1)];
/// The other 3 x 3 kernels of SmallCNN.
const SAME: [Layer; 4] = [(32, 64, 32, 3, 1), (64, 128, 16, 3, 1), (128, 128, 16, 3, 1), (128, 256, 8, 3, 1)];
/// ResNet-18's convolutions of stride 2, with one of those of the shortcuts.
const STRIDED: [Layer; 4] =
    [(64, 128, 32, 3, 2), (128, 256, 16, 3, 2), (256, 512, 8, 3, 2), (128, 256, 16, 1, 2)];
const ROUNDS: usize = 7;
/// Images for all rungs but the naive one, which convolves one.
const IMAGES: usize = 128;
/// Rounds of multiply-adds at a time.
const BURST: usize = 1_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch15_ladder");
    record.seed(0).number("rounds", ROUNDS as f64).number("images", IMAGES as f64);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let same = one.install(|| table(&SAME));
    let strided = one.install(|| table(&STRIDED));
    let first = one.install(|| table(&FIRST));
    let peak = median(&same.peaks);
    record.number("peak", peak);
    for (prefix, table) in [("", &same), ("strided_", &strided), ("first_", &first)] {
        for (name, rates) in &table.rates {
            record.series(&format!("{prefix}{name}"), rates);
            let shares: Vec<f64> =
                rates.iter().zip(&table.peaks).map(|(rate, peak)| 100.0 * rate / peak).collect();
            record.series(&format!("{prefix}{name}_shares"), &shares);
        }
    }
    ceilings(&first, &mut record);
    let of = |name: &str| same.rates.iter().find(|(other, _)| other == name).map(|(_, rates)| &rates[..]);
    // The third layer is the largest.
    for (name, upper, lower) in [
        ("gain_im2col", "im2col_forward", "naive"),
        ("gain_panels", "panels_forward", "im2col_forward"),
        ("gain_direct", "direct_forward", "im2col_forward"),
        ("gain_winograd", "winograd_forward", "panels_forward"),
        ("gain_winograd_input", "winograd_input", "panels_input"),
        ("gain_winograd_weight", "winograd_weight", "panels_weight"),
    ] {
        if let (Some(upper), Some(lower)) = (of(upper), of(lower)) {
            record.number(name, upper[2] / lower[2]);
        }
    }
    let errors = error::measure();
    for (name, error) in ["error_direct", "error_whole_points", "error_points"].iter().zip(errors) {
        record.number(name, error);
    }
    let labels = SAME.map(|(inputs, outputs, side, ..)| format!("{inputs} to {outputs}, {side} x {side}"));
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let rungs = ["naive", "im2col", "panels", "direct", "winograd"];
    let names = rungs.map(|rung| if rung == "naive" { rung.to_string() } else { format!("{rung}_forward") });
    let groups: Vec<(&str, &[f64])> =
        rungs.iter().zip(&names).filter_map(|(rung, name)| Some((*rung, of(name)?))).collect();
    let path = record.figure_path("ch15_ladder");
    bars(&path, "Forward pass on one thread", "GFLOP/s of the definition", &labels, &groups)?;
    record.finish()?;
    Ok(())
}

/// What the memory allows for the first layers, in per cent of the peak.
fn ceilings(table: &Table, record: &mut Record) {
    let rates = |name: &str| table.rates.iter().find(|(other, _)| other == name).map(|(_, rates)| rates);
    let (Some(write), Some(read)) = (rates("write"), rates("read")) else { return };
    let mut ceilings = [Vec::new(), Vec::new()];
    for (i, (inputs, outputs, side, kernel, _)) in FIRST.into_iter().enumerate() {
        let bytes = |channels: usize| 4e-9 * (IMAGES * channels * side * side) as f64;
        let work = 2e-9 * (IMAGES * inputs * outputs * side * side * kernel * kernel) as f64;
        let forward = bytes(inputs) / read[i] + bytes(outputs) / write[i];
        let weight = bytes(inputs + outputs) / read[i];
        for (ceilings, seconds) in ceilings.iter_mut().zip([forward, weight]) {
            ceilings.push((100.0 * work / seconds / table.peaks[i]).min(100.0));
        }
    }
    for (name, ceilings) in ["forward", "weight"].iter().zip(&ceilings) {
        println!("first layers, what the memory allows, {name}: {ceilings:.0?} % of the peak");
        record.series(&format!("first_ceiling_{name}"), ceilings);
    }
}

/// GFLOP/s of each way for each layer, and the peak that was measured beside each layer.
struct Table {
    rates: Vec<(String, Vec<f64>)>,
    peaks: Vec<f64>,
}

fn table(layers: &[Layer]) -> Table {
    let mut table = Table { rates: Vec::new(), peaks: Vec::new() };
    for &layer in layers {
        let (names, rounds) = measure(layer);
        let medians: Vec<f64> = (0..=names.len())
            .map(|at| median(&rounds.iter().map(|round| round[at]).collect::<Vec<f64>>()))
            .collect();
        table.peaks.push(medians[0]);
        println!("{layer:?}: peak {:.0} GFLOP/s", medians[0]);
        for (name, rate) in names.iter().zip(&medians[1..]) {
            println!("    {name:<24} {rate:7.1} GFLOP/s, {:5.1} % of the peak", 100.0 * rate / medians[0]);
            match table.rates.iter_mut().find(|(other, _)| other == name) {
                Some((_, rates)) => rates.push(*rate),
                None => table.rates.push((name.clone(), vec![*rate])),
            }
        }
    }
    table
}

/// A name, the GFLOP of the definition, and what does it.
type Way<'a> = (String, f64, Box<dyn Fn() + 'a>);

fn way<'a>(name: &str, work: f64, run: impl Fn() + 'a) -> Way<'a> {
    (name.to_string(), work, Box::new(run))
}

/// The names of what was measured, and in each round the peak and then GFLOP/s of each, in turn.
fn measure((inputs, outputs, side, kernel, stride): Layer) -> (Vec<String>, Vec<Vec<f64>>) {
    let rng = &mut Rng::new(0, "ladder");
    let options = Conv2dOptions { stride: [stride; 2], padding: [kernel / 2; 2], ..Conv2dOptions::default() };
    let x = &Tensor::normal([IMAGES, inputs, side, side], 0.0, 1.0, rng);
    let weight = &Tensor::normal([outputs, inputs, kernel, kernel], 0.0, 1.0, rng);
    let grad = &conv2d(x, weight, None, options);
    let image = &x.narrow(0, 0, 1).copy();
    let work = (2 * inputs * kernel * kernel * grad.size()) as f64 / 1e9;

    let mut ways = vec![
        way("im2col_forward", work, move || drop(conv2d_im2col(x, weight, None, options))),
        way("im2col_input", work, move || drop(conv2d_im2col_input_gradient(grad, x, weight, options))),
        way("im2col_weight", work, move || drop(conv2d_im2col_weight_gradient(grad, x, weight, options))),
    ];
    let avx2 = Kernel::available().any(|kernel| kernel == Kernel::Avx2);
    for (prefix, kernel) in [("", Some(Kernel::in_use())), ("avx2_", avx2.then_some(Kernel::Avx2))] {
        let Some(kernel) = kernel else { continue };
        let with = |name: &str, run: fn(&Tensor, &Tensor, &Tensor, Conv2dOptions) -> Tensor| {
            let run = move || with_kernel(kernel, || drop(run(grad, x, weight, options)));
            way(&format!("{prefix}{name}"), work, run)
        };
        ways.push(with("panels_forward", |_, x, weight, options| conv2d_panels(x, weight, None, options)));
        ways.push(with("panels_input", conv2d_panels_input_gradient));
        ways.push(with("panels_weight", conv2d_panels_weight_gradient));
        if stride == 1 {
            ways.push(with("winograd_forward", |_, x, weight, _| conv2d_winograd(x, weight, None)));
            let input = |grad: &_, x: &_, weight: &_, _| conv2d_winograd_input_gradient(grad, x, weight);
            ways.push(with("winograd_input", input));
            let of_weight = |grad: &_, x: &_, weight: &_, _| conv2d_winograd_weight_gradient(grad, x, weight);
            ways.push(with("winograd_weight", of_weight));
        }
    }
    if inputs < 16 {
        // GB/s of a pass over memory as large as the output that only writes, and of one that only reads.
        let (memory, bytes) = (RefCell::new(grad.copy()), 4e-9 * grad.size() as f64);
        ways.push(way("write", bytes, move || black_box(memory.borrow_mut().data_mut()).fill(1.0)));
        ways.push(way("read", bytes, move || _ = black_box(grad.sum_all())));
    }
    if conv2d_direct(image, weight, None, options).is_some() {
        ways.push(way("direct_forward", work, move || drop(conv2d_direct(x, weight, None, options))));
        let input = move || drop(conv2d_direct_input_gradient(grad, x, weight, options));
        ways.push(way("direct_input", work, input));
        let of_weight = move || drop(conv2d_direct_weight_gradient(grad, x, weight, options));
        ways.push(way("direct_weight", work, of_weight));
    }
    if stride == 1 {
        let naive = move || drop(conv2d_naive(image, weight, None, options));
        ways.push(way("naive", work / IMAGES as f64, naive));
    }

    // The system counts a thread's time in steps of a few milliseconds: repeat for a thirtieth of a second at least.
    let rate = |work: f64, run: &dyn Fn()| {
        let (start, wall, mut count) = (thread_seconds(), Instant::now(), 0);
        while count == 0 || (thread_seconds() - start < 0.03 && wall.elapsed().as_secs() < 5) {
            run();
            count += 1;
        }
        work * f64::from(count) / (thread_seconds() - start)
    };
    let rounds = (0..ROUNDS).map(|_| {
        // Without 512-bit vectors there is no peak to compare with.
        let peak = multiply_adds(BURST).map(|work| rate(work, &|| _ = multiply_adds(BURST)));
        let mut rates = vec![peak.unwrap_or(f64::NAN)];
        rates.extend(ways.iter().map(|(_, work, run)| rate(*work, run)));
        rates
    });
    let rounds = rounds.collect();
    (ways.iter().map(|(name, ..)| name.clone()).collect(), rounds)
}
