//! Dropout on the activations of a small encoder: `cargo bench -p ch12_regularization`.

use ch01_tensors::{Rng, Shape, Tensor};
use ch05_backprop::Layer;
use ch12_regularization::{Dropout, Mask};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

fn benches(c: &mut Criterion) {
    let mut rng = Rng::new(0, "bench");
    let shape = Shape::from([32, 256, 128]);
    let mut layer = Dropout::new(0.1, &mut rng);
    let mut group = c.benchmark_group("dropout [32, 256, 128]");
    group.throughput(Throughput::Elements(shape.size() as u64));
    group.bench_function("draw a mask", |b| b.iter(|| Mask::draw(shape, 6554, &mut rng)));
    // The array is handed over, as layers do, so that dropout works in place.
    let fresh = || Tensor::ones(shape);
    group.bench_function("forward and backward", |b| {
        b.iter_batched(
            || (fresh(), fresh()),
            |(x, grad)| {
                let y = layer.forward(x);
                (y, layer.backward(grad))
            },
            BatchSize::LargeInput,
        );
    });
    let mask = Mask::draw(shape, 6554, &mut rng);
    group.bench_function("apply a mask", |b| {
        b.iter_batched(fresh, |x| mask.apply("bench", x, 1.1), BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
