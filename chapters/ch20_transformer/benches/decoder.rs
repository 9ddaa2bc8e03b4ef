//! A training step of a small GPT, and a token written with and without the cache.
//! `cargo bench -p ch20_transformer`.

use std::hint::black_box;

use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::zero_grad;
use ch20_transformer::{Gpt, GptConfig, NextToken};
use criterion::{Criterion, criterion_group, criterion_main};

fn decoder(criterion: &mut Criterion) {
    let mut rng = Rng::new(0, "bench");
    let config = GptConfig { size: 128, heads: 4, layers: 4, feed_forward: 512, ..GptConfig::default() };
    let mut model = Gpt::new(&config, &mut rng);
    let ids = Array::from_fn([8, 128], |_| rng.below(96) as i64);
    let loss = CrossEntropy::<f32>::default();
    let labels = ids.clone().reshape([8 * 128]);
    criterion.bench_function("gpt: forward and backward, 8 x 128 tokens", |b| {
        b.iter(|| {
            zero_grad(&mut model);
            let logits = model.forward(&ids);
            model.backward(loss.backward(&Tensor::scalar(1.0), &logits, &labels));
        });
    });
    let text = Array::from_fn([1, 200], |_| rng.below(96) as i64);
    criterion.bench_function("gpt: token 200, everything read again", |b| {
        b.iter(|| black_box(model.infer(&text)));
    });
    let mut cache = model.start(1);
    model.read(&mut cache, &text.narrow(1, 0, 199).contiguous());
    let last = text.narrow(1, 199, 1).contiguous();
    criterion.bench_function("gpt: token 200, with the cache", |b| {
        b.iter_batched(
            || cache.clone(),
            |mut cache| model.read(&mut cache, &last),
            criterion::BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, decoder);
criterion_main!(benches);
