//! Where the time and the memory of a training step go: a table, a picture, a trace file, and the account of memory as
//! predicted and as measured.
//!
//! Run with `cargo run --release -p ch14_training --example profile [-- --record]`.

use std::error::Error;

use ch00_start::Record;
use ch01_tensors::{Array, Rng, Tensor, pool};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{ActivationLayer, Layer, Linear, zero_grad};
use ch07_modules::Sequential;
use ch09_optimizers::{AdamW, Optimizer};
use ch11_normalization::BatchNorm1d;
use ch12_regularization::Dropout;
use ch14_training::profiler::{Phase, Profiler};
use ch14_training::{MemoryAccount, measured_activations};

const BATCH: usize = 256;
const HIDDEN: usize = 1024;
const STEPS: usize = 12;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut record = Record::from_args("ch14_profile");
    record.seed(0);
    let mut rng = Rng::new(0, "profile");
    let empty = pool::stats().live_bytes;
    let relu = || ActivationLayer::new(Activation::Relu);
    let mut model = Sequential::new()
        .push(Linear::new(784, HIDDEN, &mut rng))
        .push(BatchNorm1d::new(HIDDEN))
        .push(relu())
        .push(Dropout::new(0.2, &mut rng))
        .push(Linear::new(HIDDEN, HIDDEN, &mut rng))
        .push(BatchNorm1d::new(HIDDEN))
        .push(relu())
        .push(Dropout::new(0.2, &mut rng))
        .push(Linear::new(HIDDEN, 10, &mut rng));
    let built = pool::stats().live_bytes - empty;
    let x = Tensor::normal([BATCH, 784], 0.0, 1.0, &mut rng);
    let labels = Array::from_fn([BATCH], |i| (i[0] % 10) as i64);
    let mut adamw = AdamW::new();
    // The working memory that a first pass asks for, and that is kept for the next, is there from here on.
    drop(model.infer(x.clone()));
    let before = pool::stats().live_bytes;
    let account = MemoryAccount::of(&mut model, &mut adamw, &x);
    let optimizer = pool::stats().live_bytes - before;
    measured_activations(&mut model, &x);
    let activations = measured_activations(&mut model, &x);

    let megabytes = |bytes: usize| bytes as f64 / 1e6;
    // The input was there before the forward pass.
    let kept = account.activations - 4 * x.size();
    let rows = [
        (
            "weights, gradients, statistics",
            "built",
            account.parameters + account.gradients + account.buffers,
            built,
        ),
        ("the optimizer's means", "optimizer", account.optimizer, optimizer),
        ("activations", "activations", kept, activations),
    ];
    println!("{:32} predicted MB  measured MB", "");
    for (title, name, predicted, measured) in rows {
        println!("{title:32} {:12.2} {:12.2}", megabytes(predicted), megabytes(measured));
        record.number(&format!("{name}_predicted_mb"), megabytes(predicted));
        record.number(&format!("{name}_measured_mb"), megabytes(measured));
    }

    let profiler = Profiler::new();
    let names =
        ["Linear", "BatchNorm", "ReLU", "Dropout", "Linear", "BatchNorm", "ReLU", "Dropout", "Linear"];
    profiler.watch_all(&mut model, &names);
    let criterion = CrossEntropy::default();
    for step in 0..STEPS {
        if step == 2 {
            // The first steps ask the system for memory.
            profiler.clear();
        }
        profiler.span("step", Phase::Other, || {
            profiler.span("zero_grad", Phase::Other, || zero_grad(&mut model));
            let logits = model.forward(x.clone());
            let grad = profiler.span("loss", Phase::Other, || {
                criterion.forward(&logits, &labels);
                criterion.backward(&Tensor::scalar(1.0), &logits, &labels)
            });
            model.backward(grad);
            profiler.span("optimizer", Phase::Other, || adamw.step(&mut model, 1e-3));
        });
    }
    println!("\n{}", profiler.table());
    let of = |name: &str| {
        let layers = profiler.layers();
        let layer = layers.into_iter().find(|layer| layer.name == name).unwrap_or_default();
        1e3 * layer.seconds.iter().sum::<f64>() / (STEPS - 2) as f64
    };
    record.number("step_ms", of("step")).number("optimizer_ms", of("optimizer"));
    record.number("zero_grad_ms", of("zero_grad"));
    record.number("large_linear_ms", of("4 Linear")).number("batch_norm_ms", of("5 BatchNorm"));
    record.number("relu_ms", of("6 ReLU")).number("dropout_ms", of("7 Dropout"));
    profiler.draw_icicle(&record.figure_path("ch14_profile"), "One training step", "step")?;
    let trace = std::path::Path::new("target/figures/ch14_profile_trace.json");
    profiler.write_trace(trace)?;
    println!("{}: open it at chrome://tracing or ui.perfetto.dev", trace.display());
    record.finish()?;
    Ok(())
}
