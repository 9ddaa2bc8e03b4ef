//! Self-attention of 32 sequences of 256 tokens, 4 heads of 32 features: the fast one, there and back, and the plain one.

use std::hint::black_box;

use ch01_tensors::{Rng, Tensor};
use ch19_attention::{
    Mask, merge_heads, scaled_dot_product, self_attention, self_attention_backward, split_heads,
};
use criterion::{Criterion, criterion_group, criterion_main};

fn attention(criterion: &mut Criterion) {
    let (batch, time, heads, size) = (32, 256, 4, 32);
    let mut rng = Rng::new(0, "bench");
    let qkv = Tensor::normal([batch, time, 3 * heads * size], 0.0, 1.0, &mut rng);
    let grad = Tensor::normal([batch, time, heads * size], 0.0, 1.0, &mut rng);
    let attended = self_attention(&qkv, heads, &Mask::NONE);
    let mut group = criterion.benchmark_group("attention");
    group.sample_size(10);
    group.bench_function("fast forward", |b| b.iter(|| black_box(self_attention(&qkv, heads, &Mask::NONE))));
    group.bench_function("fast forward, causal", |b| {
        b.iter(|| black_box(self_attention(&qkv, heads, &Mask::CAUSAL)));
    });
    group.bench_function("fast backward", |b| {
        b.iter(|| black_box(self_attention_backward(&grad, &qkv, &attended, heads, &Mask::NONE)));
    });
    group.bench_function("plain forward", |b| {
        b.iter(|| {
            let width = heads * size;
            let [q, k, v] =
                [0, 1, 2].map(|part| split_heads(qkv.narrow(2, part * width, width).contiguous(), heads));
            black_box(merge_heads(scaled_dot_product(&q, &k, &v, &Mask::NONE)))
        });
    });
    group.finish();
}

criterion_group!(benches, attention);
criterion_main!(benches);
