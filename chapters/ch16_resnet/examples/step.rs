//! How long a training step of a network takes, and how much memory: `step [resnet18|fast] [BATCH] [SECONDS]`.
//!
//! Made-up images of 32 x 32 in ten classes; gradient descent with momentum. The first step is not counted.

use std::time::Instant;

use ch00_start::measure::peak_memory;
use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, zero_grad};
use ch07_modules::count_parameters;
use ch09_optimizers::{Optimizer, Sgd};
use ch16_resnet::{FastNet, ResNet, ResNetConfig};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |i: usize, default: &str| arguments.get(i).cloned().unwrap_or_else(|| default.to_owned());
    let name = argument(0, "resnet18");
    let (init, data) = (&mut Rng::new(0, "init"), &mut Rng::new(0, "data"));
    let (mut model, batch): (Box<dyn Layer>, usize) = match name.as_str() {
        "resnet18" => (Box::new(ResNet::new(&ResNetConfig::resnet18().cifar(10), init)), 128),
        "fast" => (Box::new(FastNet::new(&Tensor::normal([64, 3, 32, 32], 0.0, 1.0, data), 10, init)), 512),
        other => panic!("no network is called {other}"),
    };
    let batch = argument(1, &batch.to_string()).parse().expect("a batch size");
    let seconds: f64 = argument(2, "5").parse().expect("seconds");
    let x = Tensor::normal([batch, 3, 32, 32], 0.0, 1.0, data);
    let labels = Array::<i64>::from_fn([batch], |i| i[0] as i64 % 10);
    let mut optimizer = Sgd::new().momentum(0.9).nesterov(name == "fast");
    let criterion = CrossEntropy::default();
    let mut step = || {
        let start = Instant::now();
        zero_grad(&mut *model);
        let logits = model.forward(x.clone());
        let forward = start.elapsed().as_secs_f64();
        model.backward(criterion.backward(&Tensor::scalar(1.0), &logits, &labels));
        optimizer.step(&mut *model, 1e-3);
        [start.elapsed().as_secs_f64(), forward]
    };
    step();
    let start = Instant::now();
    let mut times = Vec::new();
    while start.elapsed().as_secs_f64() < seconds || times.len() < 3 {
        times.push(step());
    }
    times.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let [all, forward] = times[times.len() / 2];
    println!(
        "{name}: {} parameters, batch {batch}: {:.0} samples/s ({:.0} ms a step, {:.0} of them forward; {:.0} samples/s at best), {:.0} MB",
        count_parameters(&mut *model),
        batch as f64 / all,
        1e3 * all,
        1e3 * forward,
        batch as f64 / times[0][0],
        peak_memory().unwrap_or(f64::NAN),
    );
}
