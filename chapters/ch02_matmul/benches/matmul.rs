//! `cargo bench -p ch02_matmul`: the rungs; the product in use over sizes, shapes of networks and transpose cases, on each
//! kernel that the processor has. The example `peak` measures the same beside the peak of the processor.

use std::hint::black_box;

use ch01_tensors::{Rng, Tensor};
use ch02_matmul::{Kernel, blocked, loop_order, matmul, matmul_backward, matvec, naive, with_kernel};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn random(shape: &[usize]) -> Tensor {
    Tensor::uniform(shape, -1.0, 1.0, &mut Rng::new(0, "bench"))
}

type Rung = fn(&[f32], &[f32], &mut [f32], [usize; 3]);

/// Two operations, a multiplication and an addition, per element read of `[m, k, n]`.
fn operations(sizes: &[usize]) -> Throughput {
    Throughput::Elements(2 * sizes.iter().product::<usize>() as u64)
}

fn ladder(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ladder");
    for n in [64, 256, 512] {
        let (a, b, mut c) = (random(&[n, n]), random(&[n, n]), random(&[n, n]));
        group.throughput(operations(&[n, n, n]));
        for (name, rung) in [("naive", naive as Rung), ("loop_order", loop_order), ("blocked", blocked)] {
            group.bench_function(BenchmarkId::new(name, n), |bencher| {
                bencher.iter(|| rung(a.data(), b.data(), c.data_mut(), [n, n, n]));
            });
        }
        group.bench_function(BenchmarkId::new("matmul", n), |bencher| {
            bencher.iter(|| black_box(matmul(&a, &b)))
        });
    }
    group.finish();
}

fn shapes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("matmul");
    for (name, a, b) in [
        ("linear", &[128, 784][..], &[784, 256][..]),
        ("sequence", &[32, 64, 128], &[128, 128]),
        ("attention", &[32, 64, 64], &[32, 64, 64]),
        ("one row", &[1, 1024], &[1024, 4096]),
        ("few rows", &[4, 1024], &[1024, 4096]),
    ] {
        let (a, b) = (random(a), random(b));
        group.throughput(operations(&[a.size(), b.dim(-1)]));
        group.bench_function(name, |bencher| bencher.iter(|| black_box(matmul(&a, &b))));
        let grad = matmul(&a, &b);
        group.bench_function(format!("{name}, backward"), |bencher| {
            bencher.iter(|| black_box(matmul_backward(&grad, &a, &b)));
        });
    }
    let (a, x) = (random(&[2048, 2048]), random(&[2048]));
    group.throughput(operations(&[a.size()]));
    group.bench_function("matvec, rows", |bencher| bencher.iter(|| black_box(matvec(&a, &x))));
    let t = a.t();
    group.bench_function("matvec, columns", |bencher| bencher.iter(|| black_box(matvec(&t, &x))));
    group.finish();
}

/// The sizes that the page quotes, in all four transpose cases.
fn kernels(criterion: &mut Criterion) {
    for [m, k, n] in [
        [64, 64, 64],
        [128, 128, 128],
        [256, 256, 256],
        [512, 512, 512],
        [1024, 1024, 1024],
        [2048, 2048, 2048],
        [128, 784, 256],
        [8192, 256, 1024],
        [64, 512, 2048],
    ] {
        let mut group = criterion.benchmark_group(format!("{m} x {k} x {n}"));
        group.throughput(operations(&[m, k, n])).sample_size(10);
        let stored = [random(&[m, k]), random(&[k, n]), random(&[k, m]).t(), random(&[n, k]).t()];
        for (case, a, b) in [("NN", 0, 1), ("NT", 0, 3), ("TN", 2, 1), ("TT", 2, 3)] {
            for kernel in Kernel::available().filter(|&kernel| kernel != Kernel::Scalar) {
                group.bench_function(format!("{case}, {kernel:?}"), |bencher| {
                    with_kernel(kernel, || bencher.iter(|| black_box(matmul(&stored[a], &stored[b]))));
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, ladder, shapes, kernels);
criterion_main!(benches);
