//! What a tape holds in memory: `cargo run --release -p ch06_autograd --example memory`.
//!
//! 1. A deep network cut into checkpoints: the largest memory of a step against the number of parts.
//! 2. A history of losses that keeps every graph, and one that keeps numbers.

use std::sync::atomic::{AtomicUsize, Ordering};

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Rng, Tensor, pool};
use ch06_autograd::{Tape, Var, checkpoint, grad, no_grad};

const LAYERS: usize = 64;
const BATCH: usize = 1024;
const SIZE: usize = 64;

/// The most bytes in use that any layer has seen.
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn look() {
    PEAK.fetch_max(pool::stats().live_bytes, Ordering::Relaxed);
}

/// Some layers: `x` and then a weight for each.
fn layers(v: &[Var]) -> Var {
    let mut x = v[0].clone();
    for w in &v[1..] {
        x = x.matmul(w).tanh();
        look();
    }
    x
}

/// The loss and the gradients of all weights, with the layers in so many checkpoints (0: none). Returns the gradients and how many
/// megabytes were in use at most, beyond what was there before.
fn step(x: &Var, weights: &[Var], parts: usize) -> (Vec<Tensor>, f64) {
    let before = pool::stats().live_bytes;
    PEAK.store(before, Ordering::Relaxed);
    let all: Vec<&Var> = weights.iter().collect();
    let mut y = x.clone();
    for part in weights.chunks(LAYERS.div_ceil(parts.max(1))) {
        let inputs: Vec<&Var> = [&y].into_iter().chain(part).collect();
        y = if parts == 0 {
            layers(&inputs.into_iter().cloned().collect::<Vec<_>>())
        } else {
            checkpoint(layers, &inputs)
        };
    }
    // The gradient of a layer's output is made in the backward pass: look then, too.
    let loss = y.pow(2.0).mean(.., false);
    for w in weights {
        w.register_hook(|_| {
            look();
            None
        });
    }
    let gradients = grad(&loss, &all, Tape::Release);
    (
        gradients.iter().map(Var::value).collect(),
        (PEAK.load(Ordering::Relaxed) - before) as f64 / f64::from(1 << 20),
    )
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch06_memory");
    record.seed(0);
    let mut rng = Rng::new(0, "memory");
    let x = Var::constant(Tensor::normal([BATCH, SIZE], 0.0, 1.0, &mut rng));
    let values: Vec<Tensor> = (0..LAYERS)
        .map(|_| Tensor::normal([SIZE, SIZE], 0.0, 1.0 / (SIZE as f64).sqrt(), &mut rng))
        .collect();
    let fresh = || -> Vec<Var> { values.iter().cloned().map(Var::variable).collect() };
    let (plain, without) = step(&x, &fresh(), 0);
    println!("{LAYERS} layers without checkpoints: {without:.2} MB");
    let parts = [1, 2, 4, 8, 16, 32, 64];
    let mut peaks = Vec::new();
    for parts in parts {
        let (gradients, peak) = step(&x, &fresh(), parts);
        assert!(gradients.iter().eq(&plain), "the same operations give the same bits");
        println!("{parts:2} parts: {peak:.2} MB");
        record.number(&format!("parts_{parts}"), peak);
        peaks.push(peak);
    }
    record.number("without", without).number("layers", LAYERS as f64);
    record.number("gradients", (LAYERS * SIZE * SIZE * 4) as f64 / f64::from(1 << 20));
    let xs = parts.map(|parts| parts as f64);
    let path = record.figure_path("ch06_checkpoints");
    figure::lines_log_x(
        &path,
        "Memory of a training step, 64 layers cut into checkpoints",
        "parts",
        "MB at most",
        &[
            Series::of_pairs("with checkpoints", &xs, &peaks).marked(),
            Series::new("without", vec![(1.0, without), (64.0, without)]).dashed(),
        ],
    )?;
    println!("Figure: {}", path.display());

    // A validation loss every now and then: kept as variables, as numbers, and computed without a tape.
    let weights = fresh();
    let forward = || {
        let inputs: Vec<Var> = [&x].into_iter().chain(&weights).cloned().collect();
        layers(&inputs).pow(2.0).mean(.., false)
    };
    let grown = |f: &dyn Fn() -> usize| {
        let before = pool::stats().live_bytes;
        let bytes = f();
        (bytes - before) as f64 / f64::from(1 << 20)
    };
    let variables = grown(&|| {
        let history: Vec<Var> = (0..20).map(|_| forward()).collect();
        let bytes = pool::stats().live_bytes;
        drop(history);
        bytes
    });
    let numbers = grown(&|| {
        let history: Vec<f64> = (0..20).map(|_| forward().item()).collect();
        let bytes = pool::stats().live_bytes;
        drop(history);
        bytes
    });
    let untaped = grown(&|| {
        let history: Vec<Var> = (0..20).map(|_| no_grad(forward)).collect();
        let bytes = pool::stats().live_bytes;
        drop(history);
        bytes
    });
    println!(
        "20 losses kept as variables: {variables:.2} MB; as numbers: {numbers:.2} MB; under no_grad: {untaped:.3} MB"
    );
    record
        .number("history_variables", variables)
        .number("history_numbers", numbers)
        .number("history_no_grad", untaped);
    record.finish()?;
    Ok(())
}
