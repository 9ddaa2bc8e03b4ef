//! The embedding at the size of the encoder of chapter 20, and steps of word vectors: `cargo bench -p ch17_embeddings`.

use ch01_tensors::{Array, Rng, Tensor};
use ch17_embeddings::{
    AliasTable, Embedding, Glove, SparseAdam, Word2Vec, affinities, masked_mean, sgd_rows, tsne_backward,
};
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
    group.bench_function("forward and backward, as rows", |b| {
        b.iter(|| {
            layer.forward(&ids);
            layer.backward_rows(grad.clone())
        });
    });
    layer.forward(&ids);
    let rows = layer.backward_rows(grad.clone());
    let mut table = layer.weight.value.clone();
    group.bench_function("SGD over rows", |b| b.iter(|| sgd_rows(&mut table, &rows, 1e-9)));
    let mut adam = SparseAdam::new(&table);
    group.bench_function("lazy Adam over rows", |b| b.iter(|| adam.step(&mut table, &rows, 1e-9)));
    group.finish();
}

fn words(c: &mut Criterion) {
    let mut rng = Rng::new(0, "bench");
    let noise = AliasTable::new(&(1..=20_000).map(|rank| 1.0 / f64::from(rank)).collect::<Vec<f64>>());
    c.bench_function("alias table: a word of 20000", |b| b.iter(|| noise.draw(&mut rng)));
    let mut model = Word2Vec::new(20_000, 100, &mut rng);
    let mut draws = Rng::new(0, "words");
    let mut word = move || noise.draw(&mut draws) as u32;
    c.bench_function("skip-gram: a pair with 5 noise words", |b| {
        b.iter(|| model.skip_gram_step(word(), &[word(), word(), word(), word(), word(), word()], 1e-3));
    });
    let mut glove = Glove::new(20_000, 100, &mut rng);
    c.bench_function("GloVe: a pair", |b| b.iter(|| glove.steps(&[(word(), word(), 3.0)], 1e-3, 100.0)));
    let x = Array::<f64>::normal([200, 50], 0.0, 1.0, &mut rng);
    let y = Array::<f64>::normal([200, 2], 0.0, 1.0, &mut rng);
    let p = affinities(&x, 30.0);
    c.bench_function("t-SNE: a gradient for 200 points", |b| b.iter(|| tsne_backward(&p, &y)));
}

criterion_group!(all, benches, words);
criterion_main!(all);
