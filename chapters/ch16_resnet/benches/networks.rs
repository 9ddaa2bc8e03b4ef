//! Training steps and use of the networks, and what is new beside convolution: `cargo bench -p ch16_resnet`.

use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, zero_grad};
use ch16_resnet::*;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn networks(c: &mut Criterion) {
    let rng = &mut Rng::new(0, "bench");
    let batch = 32;
    let x = Tensor::normal([batch, 3, 32, 32], 0.0, 1.0, rng);
    let labels = Array::<i64>::from_fn([batch], |i| i[0] as i64 % 10);
    let small = |kind| ResNet::new(&ResNetConfig::small(kind, 20), &mut Rng::new(0, "init"));
    let models: Vec<(&str, Box<dyn Layer>)> = vec![
        ("ResNet-20", Box::new(small(Kind::Basic))),
        ("ResNet-20, activations first", Box::new(small(Kind::PreActivation))),
        ("ResNet-18", Box::new(ResNet::new(&ResNetConfig::resnet18().cifar(10), rng))),
        ("ResNet-9", Box::new(ResNet9::new(3, 10, 64, rng))),
        ("FastNet", Box::new(FastNet::new(&x, 10, rng))),
    ];
    let loss = CrossEntropy::default();
    for (name, mut model) in models {
        let mut group = c.benchmark_group(name);
        group.sample_size(10).throughput(Throughput::Elements(batch as u64));
        group.bench_function("step without optimizer", |b| {
            b.iter(|| {
                zero_grad(&mut *model);
                let y = model.forward(x.clone());
                model.backward(loss.backward(&Tensor::scalar(1.0), &y, &labels))
            });
        });
        group.bench_function("use", |b| b.iter(|| model.infer(x.clone())));
        group.finish();
    }
}

fn parts(c: &mut Criterion) {
    let rng = &mut Rng::new(0, "bench");
    let mut group = c.benchmark_group("parts");
    let x = Tensor::normal([32, 64, 32, 32], 0.0, 1.0, rng);
    let s = Tensor::uniform([32, 64, 1, 1], 0.0, 1.0, rng);
    group.throughput(Throughput::Elements(x.size() as u64));
    group.bench_function("scale_channels", |b| b.iter(|| scale_channels(x.clone(), &s)));
    group.bench_function("scale_channels, backward", |b| {
        b.iter(|| scale_channels_backward(x.clone(), &x, &s));
    });
    group.bench_function("add_relu", |b| b.iter(|| add_relu(x.clone(), &x)));
    group.finish();
    let images = Tensor::normal([1000, 3, 32, 32], 0.0, 1.0, rng);
    c.bench_function("whitening of 1000 images", |b| b.iter(|| whitening_weight(&images, 2, 5e-4)));
}

criterion_group!(all, networks, parts);
criterion_main!(all);
