//! What the order of memory costs: views read row by row, a transpose copied in tiles, broadcasting against copying first.
//!
//! Every comparison is alternated in one run, and the median counts.
//! `cargo run --release -p ch01_tensors --example copies`

use std::hint::black_box;
use std::time::Instant;

use ch00_start::{Record, figure};
use ch01_tensors::{Rng, Tensor};

/// Rows and columns: 16 MiB of f32, more than most second-level caches hold.
const SIDE: usize = 2048;
const ROUNDS: usize = 61;

/// Milliseconds of each way in each round; the ways take turns, so that all suffer alike from a busy machine.
fn alternate<const N: usize>(ways: [&dyn Fn() -> Tensor; N]) -> [Vec<f64>; N] {
    let mut times = [const { Vec::new() }; N];
    for round in 0..=ROUNDS {
        for (way, times) in ways.iter().zip(&mut times) {
            let start = Instant::now();
            black_box(way());
            // The first round warms the pool up and is not counted.
            if round > 0 {
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    times
}

/// The first quartile, the median and the third quartile.
fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[values.len() * quarter / 4])
}

fn median(values: &[f64]) -> f64 {
    quartiles(values.to_vec())[1]
}

/// How many times longer a way takes than the first, round by round.
fn ratios(times: &[Vec<f64>], way: usize) -> [f64; 3] {
    quartiles(times[way].iter().zip(&times[0]).map(|(t, first)| t / first).collect())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch01_copies");
    record.seed(1);
    record.number("side", SIDE as f64).number("rounds", ROUNDS as f64);
    let a = Tensor::uniform([SIDE, SIDE], 0.0, 1.0, &mut Rng::new(1, "copies"));

    // Every way writes the same number of elements in order; only the order of the reads differs. `map_to` reads a view
    // row by row, as all elementwise maths does; `copy` reads a transpose in tiles.
    let names = ["as it lies", "rows reversed", "columns reversed", "transposed", "transposed, in tiles"];
    let keys = ["plain", "rows_reversed", "columns_reversed", "transposed", "tiles"];
    let views = [a.clone(), a.clone().flip(0), a.clone().flip(1), a.clone().t()];
    let read = |view: usize| views[view].map_to(|x| x);
    let copies = alternate([&|| read(0), &|| read(1), &|| read(2), &|| read(3), &|| views[3].copy()]);
    let mut medians = Vec::new();
    for (way, key) in keys.iter().enumerate() {
        let [low, middle, high] = ratios(&copies, way);
        medians.push(middle);
        record.number(&format!("{key}_ratio"), middle);
        record.number(&format!("{key}_low"), low).number(&format!("{key}_high"), high);
        record.number(&format!("{key}_ms"), median(&copies[way]));
    }
    figure::bars(
        &record.figure_path("ch01_copies"),
        "Copying a 2048 x 2048 matrix, read in another order",
        "time, as a multiple of the plain copy",
        &names,
        &[("", &medians)],
    )?;

    // A view itself costs no more than a few numbers.
    let start = Instant::now();
    let many = 1_000_000;
    for _ in 0..many {
        black_box(black_box(&a).clone().t());
    }
    record.number("view_ns", start.elapsed().as_secs_f64() * 1e9 / f64::from(many));

    // The same sum of a matrix and a row: the row read again and again, or first written out 2048 times.
    let row = Tensor::uniform([SIDE], 0.0, 1.0, &mut Rng::new(1, "row"));
    let added = alternate([&|| &a + &row, &|| &a + row.clone().broadcast_to([SIDE, SIDE]).copy()]);
    let [low, middle, high] = ratios(&added, 1);
    record.number("broadcast_ms", median(&added[0])).number("copied_ms", median(&added[1]));
    record.number("copied_ratio", middle).number("copied_low", low).number("copied_high", high);
    record.finish()?;
    Ok(())
}
