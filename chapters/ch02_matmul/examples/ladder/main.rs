//! The ladder measured: GFLOP/s of every rung over sizes on one thread, and where each stands under the roofline.
//!
//! All rungs take turns within each round, so that whatever else the machine does meets them alike; the median of the
//! rounds is shown, and ratios are those of one round. What is measured is the time the thread really ran.
//!
//! `cargo run --release -p ch02_matmul --example ladder`

mod peak;

use anyhow::Result;
use ch00_start::Record;
use ch00_start::figure::{Series, lines_log_log};
use ch00_start::measure::{self, median, thread_seconds};
use ch01_tensors::{Rng, Tensor};
use ch02_matmul::{Kernel, TILE, blocked, loop_order, matmul, naive, with_kernel};
use rayon::ThreadPoolBuilder;

const SIZES: [usize; 8] = [64, 128, 256, 512, 768, 1000, 1024, 1536];
/// The naive rung multiplies only so many rows of `a`: every row costs the same, and all would take minutes.
const NAIVE_ROWS: usize = 128;
const ROUNDS: usize = 7;
/// The packed product with vectors of 8 and in the form in use, which is the same on a processor without wider ones; and
/// the yardstick.
const NAMES: [&str; RUNGS] = ["naive", "loop_order", "blocked", "packed_8", "matmul", "matrixmultiply"];
const LABELS: [&str; RUNGS] = ["naive", "loop order", "blocked", "packed, 8", "matmul", "matrixmultiply"];
const RUNGS: usize = 6;
/// The size of the roofline picture and of the quoted ratios.
const QUOTED: usize = 1000;

/// The place of the product in use.
const MATMUL: usize = 4;

type Rung = fn(&[f32], &[f32], &mut [f32], [usize; 3]);

fn main() -> Result<()> {
    let mut record = Record::from_args("ch02_ladder");
    record.seed(0);
    record.number("rounds", ROUNDS as f64).text("clock", measure::CLOCK);

    // Inside a pool of one thread, the product in use has one thread too.
    let one = ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut medians = vec![[f64::NAN; RUNGS]; SIZES.len()];
    for (i, &n) in SIZES.iter().enumerate() {
        let rounds = one.install(|| measure(n));
        let rates = |rung: usize| rounds.iter().map(|round| round[rung]).collect::<Vec<f64>>();
        medians[i] = std::array::from_fn(|rung| median(&rates(rung)));
        let shown: Vec<String> = medians[i].iter().map(|x| format!("{x:8.2}")).collect();
        println!("{n:5} {} GFLOP/s", shown.join(" "));
        if n == QUOTED {
            for (rung, name) in NAMES.into_iter().enumerate() {
                record.number(name, medians[i][rung]);
            }
            for (name, upper, lower) in [
                ("loop_order_gain", 1, 0),
                ("blocked_gain", 2, 1),
                ("packed_8_gain", 3, 2),
                ("matmul_gain", 4, 3),
                ("matmul_over_matrixmultiply", 4, 5),
            ] {
                let ratios: Vec<f64> = rounds.iter().map(|round| round[upper] / round[lower]).collect();
                record.number(name, median(&ratios));
                record.number(&format!("{name}_low"), ratios.iter().copied().fold(f64::INFINITY, f64::min));
                record.number(&format!("{name}_high"), ratios.iter().copied().fold(0.0, f64::max));
            }
        }
    }
    let column = |rung: usize| medians.iter().map(|row| row[rung]).collect::<Vec<f64>>();
    let sizes: Vec<f64> = SIZES.iter().map(|&n| n as f64).collect();
    record.series("sizes", &sizes);
    (0..RUNGS).for_each(|rung| _ = record.series(NAMES[rung], &column(rung)));
    let curves: Vec<Series> =
        (0..RUNGS).map(|rung| Series::of_pairs(LABELS[rung], &sizes, &column(rung)).marked()).collect();
    let path = record.figure_path("ch02_ladder");
    lines_log_log(&path, "Product of two n x n matrices, f32", "n", "GFLOP/s", &curves)?;

    let at = SIZES.iter().position(|&n| n == QUOTED).expect("the quoted size is measured");
    let best = column(MATMUL).into_iter().fold(0.0, f64::max);
    one.install(|| roofline(&mut record, &medians[at], best))?;
    record.finish()?;
    Ok(())
}

/// GFLOP/s of every rung, in turn, for each round.
fn measure(n: usize) -> Vec<[f64; RUNGS]> {
    let mut rng = Rng::new(0, "ladder");
    let [a, b] = [(); 2].map(|()| Tensor::uniform([n, n], -1.0, 1.0, &mut rng));
    let mut c = Tensor::zeros([n, n]);
    // Small products are repeated for long enough that the clock is exact; `expected` is about the rate to expect.
    let gflops = |rows: usize, expected: f64, work: &mut dyn FnMut()| {
        let operations = 2.0 * (rows * n * n) as f64;
        let repeat = (0.05 * expected * 1e9 / operations).ceil() as usize;
        let start = thread_seconds();
        (0..repeat).for_each(|_| work());
        operations * repeat as f64 / (thread_seconds() - start) / 1e9
    };
    let product = |kernel: Kernel| with_kernel(kernel, || gflops(n, 100.0, &mut || _ = matmul(&a, &b)));
    let packed_8 = Kernel::available().find(|&kernel| kernel == Kernel::Avx2).unwrap_or(Kernel::in_use());
    let mut round = || {
        let mut rung = |rows: usize, expected: f64, rung: Rung| {
            let (a, c) = (&a.data()[..rows * n], &mut c.data_mut()[..rows * n]);
            gflops(rows, expected, &mut || rung(a, b.data(), c, [rows, n, n]))
        };
        [
            rung(n.min(NAIVE_ROWS), 1.0, naive),
            rung(n, 20.0, loop_order),
            rung(n, 20.0, blocked),
            product(packed_8),
            product(Kernel::in_use()),
            product(Kernel::Matrixmultiply),
        ]
    };
    if n <= 256 {
        round();
    }
    (0..ROUNDS).map(|_| round()).collect()
}

/// Bytes that a multiplication brings from beyond the second-level cache, as the page derives them, for matrices that do
/// not fit it. f32 has 4 bytes; an element of `c` is read and written.
fn bytes_per_multiplication(rung: usize) -> f64 {
    let (n, tile) = (QUOTED as f64, TILE as f64);
    match rung {
        // All of b for every row of a.
        0 | 1 => 4.0,
        // a once for each column of tiles, c once for each row of tiles, b once.
        2 => 4.0 / tile + 8.0 / tile + 4.0 / n,
        // Ours: c once for each 250 of k, a and b once.
        _ => 8.0 / 250.0 + 2.0 * 4.0 / n,
    }
}

/// Draws the rungs under the roofs of the instructions that this processor has.
fn roofline(record: &mut Record, rates: &[f64; RUNGS], best: f64) -> Result<()> {
    let bandwidth = peak::bandwidth(16);
    record.number("bandwidth", bandwidth).number("bandwidth_memory", peak::bandwidth(256));
    let mut series = Vec::new();
    let roofs = [
        ("16", "16 at once, fused", peak::wide_16()),
        ("8", "8 at once, fused", peak::wide_8()),
        ("4", "4 at once", peak::narrow_4()),
    ];
    for (floats, name, peak) in roofs {
        // Instructions that we cannot ask for have no roof; without any, the best product stands for it.
        let none_known = floats == "4" && series.is_empty();
        let Some(peak) = peak.or(none_known.then_some(best)) else { continue };
        record.number(&format!("peak_{floats}"), peak).number(&format!("ridge_{floats}"), peak / bandwidth);
        let x = [0.125, peak / bandwidth, 256.0];
        let roof = Series::of_pairs(name, &x, &x.map(|x| peak.min(bandwidth * x)));
        series.push(if series.is_empty() { roof } else { roof.dashed() });
    }
    record.number("best", best);
    for rung in [0, 1, 2, MATMUL] {
        let intensity = 2.0 / bytes_per_multiplication(rung);
        record.number(&format!("intensity_{}", NAMES[rung]), intensity);
        series.push(Series::of_pairs(LABELS[rung], &[intensity], &[rates[rung]]).marked());
    }
    let path = record.figure_path("ch02_roofline");
    let title = format!("Roofline of one thread, n = {QUOTED}");
    lines_log_log(
        &path,
        &title,
        "operations per byte from beyond the second-level cache",
        "GFLOP/s",
        &series,
    )?;
    Ok(())
}
