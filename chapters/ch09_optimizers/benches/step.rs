//! One step over 3.4 million parameters, those of chapter 20's encoder, beside a copy of as much memory:
//! `cargo bench -p ch09_optimizers`.
//!
//! AdamW reads four numbers per parameter and writes three: 28 bytes. Its rate is to be compared with the copy's, which
//! reads one and writes one.

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::{Module, Param, Role, Visitor};
use ch09_optimizers::{
    AdaGrad, Adafactor, Adam, AdamW, Ema, Lamb, Lars, Lion, Muon, Optimizer, RmsProp, Sgd, clip_grad_norm,
    grad_norm,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rayon::prelude::*;

struct Net(Vec<Param>);

impl Module for Net {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        self.0.iter_mut().enumerate().for_each(|(i, param)| visitor.param(i, param));
    }
}

fn net() -> Net {
    let mut rng = Rng::new(0, "bench");
    let mut shapes: Vec<Vec<usize>> = vec![vec![20_000, 128], vec![400, 128]];
    for _ in 0..4 {
        shapes.extend([vec![384, 128], vec![384], vec![128, 128], vec![128], vec![128], vec![128]]);
        shapes.extend([vec![512, 128], vec![512], vec![128, 512], vec![128], vec![128], vec![128]]);
    }
    let param = |shape: Vec<usize>| {
        let mut param = Param::new(Tensor::normal(&shape[..], 0.0, 1.0, &mut rng), Role::Weight);
        param.grad = Tensor::normal(&shape[..], 0.0, 1.0, &mut rng);
        param
    };
    Net(shapes.into_iter().map(param).collect())
}

fn benches(c: &mut Criterion) {
    let mut net = net();
    let count: usize = net.0.iter().map(|param| param.value.size()).sum();
    let mut group = c.benchmark_group(format!("{count} parameters"));
    let mut optimizers: [(&str, u64, Box<dyn Optimizer>); 11] = [
        ("sgd", 12, Box::new(Sgd::new())),
        ("sgd, nesterov", 20, Box::new(Sgd::new().momentum(0.9).nesterov(true).weight_decay(5e-4))),
        ("adamw", 28, Box::new(AdamW::new())),
        ("adam with amsgrad", 36, Box::new(Adam::new().amsgrad(true))),
        ("adagrad", 20, Box::new(AdaGrad::new())),
        ("rmsprop", 20, Box::new(RmsProp::new())),
        ("lion", 20, Box::new(Lion::new())),
        // These go over the numbers more than once.
        ("lars", 28, Box::new(Lars::new())),
        ("lamb", 48, Box::new(Lamb::new())),
        ("adafactor", 40, Box::new(Adafactor::new())),
        // Bound by its products, not by memory.
        ("muon", 20, Box::new(Muon::new())),
    ];
    for (name, bytes, optimizer) in &mut optimizers {
        group.throughput(Throughput::Bytes(*bytes * count as u64));
        group.bench_function(*name, |b| b.iter(|| optimizer.step(&mut net, 1e-3)));
    }
    let mut ema = Ema::new(0.999);
    group.throughput(Throughput::Bytes(12 * count as u64));
    group.bench_function("running mean of the weights", |b| b.iter(|| ema.update(&mut net)));
    group.throughput(Throughput::Bytes(4 * count as u64));
    group.bench_function("norm", |b| b.iter(|| grad_norm(&mut net)));
    group.throughput(Throughput::Bytes(12 * count as u64));
    group.bench_function("clip by norm", |b| {
        b.iter(|| {
            // The gradients are always too long, and grow back.
            clip_grad_norm(&mut net, 1000.0);
            net.0[0].grad.data_mut()[0] = 1e4;
        });
    });
    let (from, mut to) = (vec![1.0f32; 14 * count / 4], vec![0.0f32; 14 * count / 4]);
    group.throughput(Throughput::Bytes(8 * from.len() as u64));
    group.bench_function("copy of as many bytes as adamw moves", |b| {
        b.iter(|| {
            let parts = to.par_chunks_mut(1 << 14).zip(from.par_chunks(1 << 14));
            parts.for_each(|(to, from)| to.copy_from_slice(from));
        });
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
