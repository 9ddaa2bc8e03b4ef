//! Cross-entropy: the fused rows against softmax, logarithm and gather as separate passes over arrays.

#![allow(missing_docs)] // criterion's macros

use std::hint::black_box;

use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// `-mean ln softmax(z)[y]` from whole-array operations.
fn separate(z: &Tensor, labels: &Array<i64>) -> f32 {
    let e = (z - &z.max(1, true)).exp();
    let p = &e / &e.sum(1, true);
    let log_p = p.ln();
    let n = labels.size();
    -(0..n).map(|i| log_p[[i, labels[[i]] as usize]]).sum::<f32>() / n as f32
}

fn cross_entropy(criterion: &mut Criterion) {
    let mut rng = Rng::new(0, "bench");
    let mut group = criterion.benchmark_group("cross_entropy");
    for (batch, classes) in [(128, 10), (256, 1000), (64, 30_000)] {
        let z = Tensor::normal([batch, classes], 0.0, 2.0, &mut rng);
        let y = Array::<i64>::from_fn([batch], |_| rng.below(classes) as i64);
        let (ce, one) = (CrossEntropy::default(), Tensor::scalar(1.0));
        let id = |name: &str| BenchmarkId::new(name, format!("{batch}x{classes}"));
        group.throughput(Throughput::Elements((batch * classes) as u64));
        group.bench_function(id("forward"), |b| b.iter(|| ce.forward(black_box(&z), &y)));
        group.bench_function(id("backward"), |b| b.iter(|| ce.backward(&one, black_box(&z), &y)));
        group.bench_function(id("separate passes, forward"), |b| b.iter(|| separate(black_box(&z), &y)));
    }
    group.finish();
}

criterion_group!(benches, cross_entropy);
criterion_main!(benches);
