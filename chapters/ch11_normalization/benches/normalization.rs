//! LayerNorm at the size of the encoder of chapter 20: `cargo bench -p ch11_normalization`.

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::Layer;
use ch11_normalization::LayerNorm;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn benches(c: &mut Criterion) {
    let mut rng = Rng::new(0, "bench");
    let mut group = c.benchmark_group("layer_norm");
    for shape in [[32, 256, 128], [8, 128, 768]] {
        let mut layer = LayerNorm::new(shape[2]);
        let x = Tensor::normal(shape, 0.0, 1.0, &mut rng);
        group.throughput(Throughput::Bytes(8 * x.size() as u64));
        group.bench_function(format!("forward {shape:?}"), |b| b.iter(|| layer.infer(x.clone())));
        group.throughput(Throughput::Bytes(12 * x.size() as u64));
        // Each call needs a forward call of its own; its time is above.
        group.bench_function(format!("forward and backward {shape:?}"), |b| {
            let mut grad = x.copy();
            b.iter(|| {
                layer.forward(x.clone());
                grad = layer.backward(std::mem::replace(&mut grad, Tensor::zeros([0])));
            });
        });
        // What memory allows: one copy.
        group.throughput(Throughput::Bytes(8 * x.size() as u64));
        group.bench_function(format!("copy {shape:?}"), |b| b.iter(|| x.copy()));
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
