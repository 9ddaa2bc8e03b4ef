//! Self-attention of 32 sequences of 256 tokens, 4 heads of 32 features: the fast one, there and back, the plain one, in
//! tiles, and linear; and one step of generating with a cache of 1024 tokens.

use std::hint::black_box;

use ch01_tensors::{Rng, Tensor};
use ch19_attention::{
    GroupedQueryAttention, Mask, MultiHeadAttention, flash_attention, flash_attention_backward,
    linear_attention, linear_attention_backward, merge_heads, scaled_dot_product, self_attention,
    self_attention_backward, split_heads,
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
    let [q, k, v] = qkv.split_equal(2).map(|part| split_heads(part, heads));
    let (g, causal) = (split_heads(grad.clone(), heads), Mask::CAUSAL.into());
    let attended = flash_attention(&q, &k, &v, &causal);
    group.bench_function("tiles forward, causal", |b| {
        b.iter(|| black_box(flash_attention(&q, &k, &v, &causal)));
    });
    group.bench_function("tiles backward, causal", |b| {
        b.iter(|| black_box(flash_attention_backward(&g, &q, &k, &v, &attended, &causal)));
    });
    group.bench_function("linear forward, causal", |b| {
        b.iter(|| black_box(linear_attention(&q, &k, &v, &Mask::CAUSAL)));
    });
    group.bench_function("linear backward, causal", |b| {
        b.iter(|| black_box(linear_attention_backward(&g, &q, &k, &v, &Mask::CAUSAL)));
    });
    let (multi, grouped) =
        (MultiHeadAttention::new(512, 8, &mut rng), GroupedQueryAttention::new(512, 8, 2, &mut rng));
    let (past, new) = [1023, 1].map(|time| Tensor::normal([1, time, 512], 0.0, 1.0, &mut rng)).into();
    let (mut many, mut few) = (multi.cache(1, 1024), grouped.cache(1, 1024));
    multi.infer_cached(past.clone(), &mut many);
    grouped.infer_cached(past, &mut few);
    group.bench_function("one more token, 8 heads of keys", |b| {
        b.iter(|| {
            many.truncate(1023);
            black_box(multi.infer_cached(new.clone(), &mut many))
        });
    });
    group.bench_function("one more token, 2 heads of keys", |b| {
        b.iter(|| {
            few.truncate(1023);
            black_box(grouped.infer_cached(new.clone(), &mut few))
        });
    });
    group.finish();
}

criterion_group!(benches, attention);
criterion_main!(benches);
