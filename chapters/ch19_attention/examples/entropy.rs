//! How sharp attention is before any training, with and without the division by √d:
//! `cargo run --release -p ch19_attention --example entropy`.
//!
//! Queries and keys are standard normal, as after a norm. For each size of the head: the mean entropy of a row of weights
//! in bits (6 bits: even over 64 keys; 0: all on one), the mean largest weight, and how much of a gradient passes the
//! softmax: the mean over rows of Σ_j P_j (1 - P_j), the trace of its Jacobian.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng, Tensor};
use ch19_attention::{Mask, attention_weights};

const KEYS: usize = 64;
/// Rows that are averaged: heads times queries.
const HEADS: usize = 64;
const SIZES: [usize; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

// ANCHOR: measure
/// Entropy in bits, largest weight, and trace of softmax's Jacobian, each as a mean over all rows.
fn measure(weights: &Tensor) -> [f64; 3] {
    let rows = weights.size() / KEYS;
    let mut sums = [0.0; 3];
    for row in weights.clone().contiguous().data().chunks(KEYS) {
        let p = || row.iter().map(|&p| f64::from(p));
        sums[0] -= p().filter(|&p| p > 0.0).map(|p| p * p.log2()).sum::<f64>();
        sums[1] += p().fold(0.0, f64::max);
        sums[2] += p().map(|p| p * (1.0 - p)).sum::<f64>();
    }
    sums.map(|sum| sum / rows as f64)
}
// ANCHOR_END: measure

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch19_entropy");
    record.seed(0).number("keys", KEYS as f64).number("rows", (HEADS * KEYS) as f64);
    let mut curves: [Vec<f64>; 4] = Default::default();
    println!("size   with the scale: entropy, largest, trace      without");
    for size in SIZES {
        let mut rng = Rng::new(0, "entropy");
        let [q, k] = [0, 1].map(|_| Array::normal([1, HEADS, KEYS, size], 0.0, 1.0, &mut rng));
        let with = measure(&attention_weights(&q, &k, &Mask::NONE));
        // Queries larger by √d undo the division.
        let without = measure(&attention_weights(&(q * (size as f32).sqrt()), &k, &Mask::NONE));
        println!("{size:4}   {with:.3?}      {without:.3?}");
        for (name, values) in [("with", with), ("without", without)] {
            for (what, value) in ["entropy", "largest", "trace"].into_iter().zip(values) {
                record.number(&format!("{name}_{what}_{size}"), value);
            }
        }
        for (curve, value) in curves.iter_mut().zip([with[0], without[0], with[2], without[2]]) {
            curve.push(value);
        }
    }
    let sizes = SIZES.map(|size| size as f64);
    let path = record.figure_path("ch19_entropy");
    let series = [
        Series::of_pairs("with the scale", &sizes, &curves[0]).marked(),
        Series::of_pairs("without", &sizes, &curves[1]).marked(),
    ];
    let title = "Attention over 64 keys, before training";
    figure::lines_log_x(&path, title, "size of the head", "entropy of the weights, bits", &series)?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
