//! How near the product in use comes to the peak of the processor: shapes, the four transpose cases, one thread and two.
//!
//! The peak is measured beside: a loop of fused multiplications and additions that waits for nothing, as wide as the
//! kernel's, a millisecond before and after each product. Ours and matrixmultiply's take turns, and a share is that of one
//! turn; shown are medians, and the lowest and highest share.
//!
//! `cargo run --release -p ch02_matmul --example peak [-- --shape 1024x1024x1024] [--case NT] [--threads 1]
//! [--kernel avx2] [--rounds 9] [--record]`. With `--threads` above 1, peak, ours and matrixmultiply's all have that many.

#[path = "ladder/peak.rs"]
#[allow(dead_code, reason = "the ladder uses all of it")]
mod peak;

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use ch00_start::{Record, measure};
use ch01_tensors::{Rng, Tensor};
use ch02_matmul::{Kernel, matmul, with_kernel};
use rayon::{ThreadPool, ThreadPoolBuilder};

const SHAPES: [[usize; 3]; 9] = [
    [64, 64, 64],
    [128, 128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [1024, 1024, 1024],
    [2048, 2048, 2048],
    [128, 784, 256],
    [8192, 256, 1024],
    [64, 512, 2048],
];
/// Which operands are stored transposed.
const CASES: [(&str, [bool; 2]); 4] =
    [("NN", [false, false]), ("NT", [false, true]), ("TN", [true, false]), ("TT", [true, true])];

struct Options {
    shapes: Vec<[usize; 3]>,
    case: Option<String>,
    threads: Vec<usize>,
    kernel: Kernel,
    rounds: usize,
}

fn options() -> Result<Options> {
    let mut options = Options {
        shapes: SHAPES.to_vec(),
        case: None,
        threads: vec![1, 2],
        kernel: Kernel::in_use(),
        rounds: 9,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--record" {
            continue;
        }
        let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--shape" => {
                let sizes = value.split('x').map(str::parse).collect::<Result<Vec<usize>, _>>()?;
                options.shapes = vec![sizes.try_into().ok().context("a shape has three sizes: 64x512x2048")?];
            }
            "--case" => options.case = Some(value),
            "--threads" => options.threads = vec![value.parse()?],
            "--rounds" => options.rounds = value.parse()?,
            "--kernel" => {
                let found = Kernel::available().find(|k| format!("{k:?}").eq_ignore_ascii_case(&value));
                options.kernel = found.with_context(|| format!("this processor has no {value}"))?;
            }
            _ => bail!("unknown option {name}"),
        }
    }
    Ok(options)
}

/// What the rounds of one shape and case gave.
struct Row {
    rate: f64,
    /// Shares of the peak: lowest, median, highest.
    share: [f64; 3],
    fallback: f64,
    ratio: f64,
}

fn main() -> Result<()> {
    let options = options()?;
    let mut record = Record::from_args("ch02_peak");
    record.seed(0).number("rounds", options.rounds as f64).text("clock", measure::CLOCK);
    record.text("kernel", format!("{:?}", options.kernel));
    let pools = options.threads.iter().map(|&n| ThreadPoolBuilder::new().num_threads(n).build());
    let pools = pools.collect::<Result<Vec<ThreadPool>, _>>()?;
    println!("{:?}", options.kernel);
    println!("             shape case threads  GFLOP/s   share of peak (spread)   matrixmultiply   ratio");
    for &shape in &options.shapes {
        for (name, transposed) in CASES {
            if options.case.as_ref().is_some_and(|case| case != name) {
                continue;
            }
            let [m, k, n] = shape;
            let mut one = f64::NAN;
            // Threads in turns too: how much faster two are than one is a ratio of neighbours.
            for pool in &pools {
                let threads = pool.current_num_threads();
                let row = pool.install(|| rounds(pool, shape, transposed, &options));
                let [low, median, high] = row.share;
                println!(
                    "{:>18}   {name} {threads:7}  {:7.1}    {median:5.3} ({low:5.3} to {high:5.3})    {:10.1}   {:8.2}",
                    format!("{m}x{k}x{n}"),
                    row.rate,
                    row.fallback,
                    row.ratio,
                );
                let name = name.to_lowercase();
                let key = |what: &str| format!("{what}_{m}x{k}x{n}_{name}_{threads}");
                record.number(&key("rate"), row.rate).number(&key("share"), median);
                record.number(&key("share_low"), low).number(&key("share_high"), high);
                record.number(&key("fallback"), row.fallback).number(&key("ratio"), row.ratio);
                if threads == 1 {
                    one = row.rate;
                } else {
                    record.number(&key("times_one_thread"), row.rate / one);
                }
            }
        }
    }
    if record.is_recording() {
        record.finish()?;
    }
    Ok(())
}

/// On one thread its own time counts, on several the wall's.
fn seconds(threads: usize) -> f64 {
    if threads == 1 {
        return measure::thread_seconds();
    }
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    START.elapsed().as_secs_f64()
}

fn rounds(pool: &ThreadPool, [m, k, n]: [usize; 3], transposed: [bool; 2], options: &Options) -> Row {
    let threads = pool.current_num_threads();
    let mut rng = Rng::new(0, "peak");
    let mut operand = |[rows, cols]: [usize; 2], transposed: bool| {
        if transposed {
            Tensor::uniform([cols, rows], -1.0, 1.0, &mut rng).t()
        } else {
            Tensor::uniform([rows, cols], -1.0, 1.0, &mut rng)
        }
    };
    let (a, b) = (operand([m, k], transposed[0]), operand([k, n], transposed[1]));
    let operations = 2.0 * (m * k * n) as f64;
    // At least two milliseconds, on a processor of 100 GFLOP/s, so that the clock is exact.
    let repeat = (2e-3 * 1e11 * threads as f64 / operations).ceil() as usize;
    let product = |kernel: Kernel| {
        with_kernel(kernel, || {
            let start = seconds(threads);
            (0..repeat).for_each(|_| _ = black_box(matmul(black_box(&a), black_box(&b))));
            operations * repeat as f64 / (seconds(threads) - start) / 1e9
        })
    };
    let floats = if options.kernel == Kernel::Avx2 { 8 } else { 16 };
    let best = || {
        let start = seconds(threads);
        let operations: f64 = pool.broadcast(|_| peak::burst(BURST, floats)).into_iter().sum();
        operations / (seconds(threads) - start) / 1e9
    };
    product(options.kernel);
    let mut rounds: Vec<[f64; 4]> = (0..options.rounds)
        .map(|_| {
            let before = best();
            let ours = product(options.kernel);
            let after = best();
            let theirs = product(Kernel::Matrixmultiply);
            [ours / ((before + after) / 2.0), ours, theirs, ours / theirs]
        })
        .collect();
    let mut sorted = |column: usize| {
        rounds.sort_by(|x, y| x[column].total_cmp(&y[column]));
        rounds.iter().map(|round| round[column]).collect::<Vec<f64>>()
    };
    let middle = options.rounds / 2;
    let share = sorted(0);
    Row {
        share: [share[0], share[middle], share[options.rounds - 1]],
        rate: sorted(1)[middle],
        fallback: sorted(2)[middle],
        ratio: sorted(3)[middle],
    }
}

/// Rounds of the loop that measures the peak: about a millisecond.
const BURST: usize = 500_000;
