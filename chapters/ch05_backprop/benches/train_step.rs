//! One training step of the MNIST network, and its parts: `cargo bench -p ch05_backprop`.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{Layer, Mlp, sgd_step, train_step};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn benches(c: &mut Criterion) {
    let mut rng = Rng::new(0, "bench");
    let mut model = Mlp::new(&[784, 256, 128, 10], Activation::Relu, &mut rng);
    let mut group = c.benchmark_group("mlp 784-256-128-10");
    for batch in [1, 64, 512] {
        let x = Tensor::normal([batch, 784], 0.0, 1.0, &mut rng);
        let labels = Array::from_fn([batch], |i| i[0] as i64 % 10);
        group.throughput(Throughput::Elements(batch as u64));
        group.bench_function(format!("train step, batch {batch}"), |b| {
            b.iter(|| train_step(&mut model, x.clone(), &labels, 1e-3));
        });
        group.bench_function(format!("infer, batch {batch}"), |b| b.iter(|| model.infer(x.clone())));
    }
    group.throughput(Throughput::Elements(1));
    group.bench_function("gradient descent step", |b| b.iter(|| sgd_step(&mut model, 1e-3)));
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
