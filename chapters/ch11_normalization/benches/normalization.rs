//! LayerNorm and RmsNorm at the size of the encoder of chapter 20, BatchNorm and GroupNorm at those of SmallCNN:
//! `cargo bench -p ch11_normalization`.

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::Layer;
use ch11_normalization::{BatchNorm2d, GroupNorm, LayerNorm, RmsNorm};
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

/// A layer's passes over `[batch, ..]`, beside a copy.
fn passes(c: &mut Criterion, name: &str, shape: &[usize], mut layer: impl Layer) {
    let x = Tensor::normal(shape, 0.0, 1.0, &mut Rng::new(0, "bench"));
    let mut group = c.benchmark_group(format!("{name} {shape:?}"));
    group.throughput(Throughput::Bytes(8 * x.size() as u64));
    group.bench_function("copy", |b| b.iter(|| x.copy()));
    group.bench_function("use", |b| b.iter(|| layer.infer(x.clone())));
    group.throughput(Throughput::Bytes(12 * x.size() as u64));
    group.bench_function("forward and backward", |b| {
        let mut grad = x.copy();
        b.iter(|| {
            layer.forward(x.clone());
            grad = layer.backward(std::mem::replace(&mut grad, Tensor::zeros([0])));
        });
    });
    group.finish();
}

fn others(c: &mut Criterion) {
    passes(c, "rms_norm", &[32, 256, 128], RmsNorm::new(128));
    for (channels, side) in [(32, 32), (64, 16), (128, 8)] {
        let shape = [128, channels, side, side];
        passes(c, "batch_norm", &shape, BatchNorm2d::new(channels));
        passes(c, "group_norm, 8 groups", &shape, GroupNorm::new(8, channels));
    }
}

criterion_group!(all, benches, others);
criterion_main!(all);
