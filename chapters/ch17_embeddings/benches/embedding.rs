//! The embedding at the size of the encoder of chapter 20: `cargo bench -p ch17_embeddings`.

use ch01_tensors::{Array, Rng, Tensor};
use ch17_embeddings::{Embedding, masked_mean};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn benches(c: &mut Criterion) {
    let mut rng = Rng::new(0, "bench");
    let mut layer = Embedding::new(20_000, 128, Some(0), &mut rng);
    // As in a text, the token number n occurs about 1 / n times as often as the first.
    let ids = Array::from_fn([32, 256], |_| (20_000f64.powf(rng.uniform()) as i64 - 1).min(19_999));
    let grad = Tensor::normal([32, 256, 128], 0.0, 1.0, &mut rng);
    let mut group = c.benchmark_group("embedding 20000 x 128, 32 x 256 tokens");
    group.throughput(Throughput::Elements(32 * 256));
    group.bench_function("forward", |b| b.iter(|| layer.infer(&ids)));
    group.bench_function("forward and backward", |b| {
        b.iter(|| {
            layer.forward(&ids);
            layer.backward(grad.clone());
        });
    });
    group.bench_function("zero_grad", |b| b.iter(|| layer.weight.zero_grad()));
    let mask = Array::full([32, 256], true);
    group.bench_function("masked mean", |b| b.iter(|| masked_mean(&grad, &mask)));
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
