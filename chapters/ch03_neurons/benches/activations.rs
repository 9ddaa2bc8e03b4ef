//! The vectorised exp, tanh, erf and what is made of them, against loops over the standard library's scalar functions.
//!
//! `cargo bench -p ch03_neurons`

use std::hint::black_box;

use ch01_tensors::{Rng, Tensor};
use ch03_neurons::erf::erf_f64;
use ch03_neurons::simd::{Level, map_slice};
use ch03_neurons::{
    Activation, gelu, gelu_backward, log_softmax, log_softmax_backward, math, softmax, softmax_backward,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// In the nearest cache, so that arithmetic is measured and not memory; below the size where threads start.
const SIZE: usize = 4096;

/// A function on slices of ours, and the scalar one it stands against.
type Pair = (&'static str, fn(&mut [f32]), fn(f32) -> f32);

fn functions(c: &mut Criterion) {
    let x = Tensor::normal([SIZE], 0.0, 3.0, &mut Rng::new(3, "bench")).to_vec();
    let pairs: [Pair; 3] = [
        ("exp", math::exp_slice, f32::exp),
        ("tanh", math::tanh_slice, f32::tanh),
        ("erf", math::erf_slice, |x| erf_f64(f64::from(x)) as f32),
    ];
    for (name, fast, scalar) in pairs {
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(SIZE as u64));
        let mut y = x.clone();
        group.bench_function("ours", |b| {
            b.iter(|| {
                y.copy_from_slice(&x);
                fast(black_box(&mut y));
            });
        });
        group.bench_function("scalar", |b| {
            b.iter(|| {
                y.copy_from_slice(&x);
                black_box(&mut y).iter_mut().for_each(|y| *y = scalar(*y));
            });
        });
    }
    // One loop, compiled for each width of vectors that the processor has.
    let mut group = c.benchmark_group("exp, as softmax needs it");
    group.throughput(Throughput::Elements(SIZE as u64));
    for level in Level::all() {
        let mut y = x.clone();
        group.bench_function(format!("{level:?}"), |b| {
            b.iter(|| {
                y.copy_from_slice(&x);
                map_slice(level, black_box(&mut y[..]), math::ExpLess(0.0f32));
            });
        });
    }
}

fn activations(c: &mut Criterion) {
    let x = Tensor::normal([32, SIZE / 32], 0.0, 3.0, &mut Rng::new(3, "bench"));
    let mut group = c.benchmark_group("gelu");
    group.throughput(Throughput::Elements(SIZE as u64));
    group.bench_function("ours", |b| b.iter(|| gelu(black_box(x.copy()))));
    group.bench_function("ours, backward", |b| b.iter(|| gelu_backward(black_box(x.copy()), &x)));
    group.bench_function("scalar", |b| {
        let plain = |x: f32| x * 0.5 * (1.0 + erf_f64(f64::from(x) * std::f64::consts::FRAC_1_SQRT_2) as f32);
        b.iter(|| black_box(x.copy()).map(plain));
    });
    group.finish();

    let mut group = c.benchmark_group("softmax");
    group.throughput(Throughput::Elements(SIZE as u64));
    group.bench_function("ours", |b| b.iter(|| softmax(black_box(x.copy()), -1)));
    let y = softmax(x.clone(), -1);
    group.bench_function("ours, backward", |b| b.iter(|| softmax_backward(black_box(x.copy()), &y, -1)));
    group.bench_function("log-softmax", |b| b.iter(|| log_softmax(black_box(x.copy()), -1)));
    let y = log_softmax(x.clone(), -1);
    group.bench_function("log-softmax, backward", |b| {
        b.iter(|| log_softmax_backward(black_box(x.copy()), &y, -1));
    });
    group.bench_function("scalar", |b| {
        b.iter(|| {
            let mut y = black_box(x.copy());
            for row in y.data_mut().chunks_mut(SIZE / 32) {
                let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                row.iter_mut().for_each(|x| *x = (*x - largest).exp());
                let sum: f32 = row.iter().sum();
                row.iter_mut().for_each(|x| *x /= sum);
            }
            y
        });
    });
}

/// A function that is not inlined is several times slower: this shows it.
fn all(c: &mut Criterion) {
    let x = Tensor::normal([SIZE], 0.0, 3.0, &mut Rng::new(3, "bench"));
    let mut group = c.benchmark_group("all");
    group.throughput(Throughput::Elements(SIZE as u64));
    for activation in Activation::ALL {
        let name = format!("{activation:?}");
        group.bench_function(format!("{name} forward"), |b| {
            b.iter(|| activation.forward(black_box(x.copy())))
        });
        let backward = || activation.backward(black_box(x.copy()), &x);
        group.bench_function(format!("{name} backward"), |b| b.iter(backward));
    }
}

criterion_group!(benches, functions, activations, all);
criterion_main!(benches);
