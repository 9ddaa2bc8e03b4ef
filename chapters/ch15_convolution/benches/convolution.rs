//! The passes of a convolution and of pooling, on the sizes of SmallCNN's beginning and middle:
//! `cargo bench -p ch15_convolution`.

use ch01_tensors::{Rng, Tensor};
use ch02_matmul::{Kernel, with_kernel};
use ch05_backprop::Layer;
use ch07_modules::awake;
use ch15_convolution::*;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn convolutions(c: &mut Criterion) {
    let rng = &mut Rng::new(0, "bench");
    for (inputs, outputs, side, stride) in
        [(3, 32, 32, 1), (32, 64, 32, 1), (128, 128, 16, 1), (128, 256, 8, 1), (64, 128, 32, 2)]
    {
        let options = Conv2dOptions { stride: [stride; 2], padding: [1, 1], ..Conv2dOptions::default() };
        let x = Tensor::normal([16, inputs, side, side], 0.0, 1.0, rng);
        let weight = Tensor::normal([outputs, inputs, 3, 3], 0.0, 1.0, rng);
        let y = conv2d(&x, &weight, None, options);
        let mut group =
            c.benchmark_group(format!("conv2d {inputs}-{outputs}, {side} x {side}, stride {stride}"));
        // Elements are multiplications.
        group.throughput(Throughput::Elements((y.size() * inputs * 9) as u64));
        group.bench_function("forward", |b| b.iter(|| conv2d(&x, &weight, None, options)));
        group
            .bench_function("input gradient", |b| b.iter(|| conv2d_input_gradient(&y, &x, &weight, options)));
        group.bench_function("weight gradient", |b| {
            b.iter(|| conv2d_weight_gradient(&y, &x, &weight, options))
        });
        // The other rungs, where there are some.
        group.bench_function("im2col, forward", |b| b.iter(|| conv2d_im2col(&x, &weight, None, options)));
        group.bench_function("panels, forward", |b| b.iter(|| conv2d_panels(&x, &weight, None, options)));
        group.bench_function("panels, input gradient", |b| {
            b.iter(|| conv2d_panels_input_gradient(&y, &x, &weight, options))
        });
        group.bench_function("panels, weight gradient", |b| {
            b.iter(|| conv2d_panels_weight_gradient(&y, &x, &weight, options))
        });
        if conv2d_direct(&x, &weight, None, options).is_some() {
            group.bench_function("direct, forward", |b| b.iter(|| conv2d_direct(&x, &weight, None, options)));
            group.bench_function("direct, input gradient", |b| {
                b.iter(|| conv2d_direct_input_gradient(&y, &x, &weight, options))
            });
            group.bench_function("direct, weight gradient", |b| {
                b.iter(|| conv2d_direct_weight_gradient(&y, &x, &weight, options))
            });
        }
        for kernel in Kernel::available().filter(|kernel| *kernel != Kernel::Scalar) {
            group.bench_function(format!("panels, forward, {kernel:?}"), |b| {
                with_kernel(kernel, || b.iter(|| conv2d_panels(&x, &weight, None, options)));
            });
            if stride == 1 {
                group.bench_function(format!("Winograd, forward, {kernel:?}"), |b| {
                    with_kernel(kernel, || b.iter(|| conv2d_winograd(&x, &weight, None)));
                });
            }
        }
        group.finish();
    }
}

/// Depthwise, grouped, dilated and transposed, on 128 channels of 16 by 16.
fn kinds(c: &mut Criterion) {
    let rng = &mut Rng::new(0, "bench");
    let x = Tensor::normal([16, 128, 16, 16], 0.0, 1.0, rng);
    let mut group = c.benchmark_group("kinds, 128 channels of 16 x 16");
    for (name, kernel, dilation, groups) in [
        ("depthwise", 3, 1, 128),
        ("depthwise 5 x 5", 5, 1, 128),
        ("4 groups", 3, 1, 4),
        ("dilated", 3, 2, 1),
    ] {
        let padding = [dilation * (kernel / 2); 2];
        let options = Conv2dOptions { padding, dilation: [dilation; 2], groups, ..Conv2dOptions::default() };
        let weight = Tensor::normal([128, 128 / groups, kernel, kernel], 0.0, 1.0, rng);
        group.bench_function(name, |b| b.iter(|| conv2d(&x, &weight, None, options)));
        group.bench_function(format!("{name}, input gradient"), |b| {
            b.iter(|| conv2d_input_gradient(&x, &x, &weight, options))
        });
        group.bench_function(format!("{name}, weight gradient"), |b| {
            b.iter(|| conv2d_weight_gradient(&x, &x, &weight, options))
        });
    }
    let weight = Tensor::normal([128, 128, 2, 2], 0.0, 1.0, rng);
    let conv = Conv2dOptions { stride: [2, 2], ..Conv2dOptions::default() };
    let options = ConvTranspose2dOptions { conv, output_padding: [0, 0] };
    group.bench_function("transposed", |b| b.iter(|| conv_transpose2d(&x, &weight, None, options)));
    group.bench_function("adaptive average", |b| b.iter(|| adaptive_avg_pool2d(&x, [7, 7])));
    group.finish();
}

fn pooling(c: &mut Criterion) {
    let x = Tensor::normal([16, 64, 32, 32], 0.0, 1.0, &mut Rng::new(0, "bench"));
    let mut group = c.benchmark_group("pooling, 64 channels of 32 x 32");
    group.throughput(Throughput::Elements(x.size() as u64));
    let overlapping = Pool2dOptions { kernel: [3, 3], stride: [2, 2], padding: [1, 1] };
    for (name, options) in [("2 x 2", Pool2dOptions::square(2)), ("3 x 3, stride 2", overlapping)] {
        group.bench_function(format!("max, {name}"), |b| b.iter(|| max_pool2d(&x, options)));
        let (y, places) = max_pool2d(&x, options);
        let backward = || max_pool2d_backward(&y, &places, x.shape(), options);
        group.bench_function(format!("max, {name}, backward"), |b| b.iter(backward));
        group.bench_function(format!("average, {name}"), |b| b.iter(|| avg_pool2d(&x, options)));
        let backward = || avg_pool2d_backward(&y, x.shape(), options);
        group.bench_function(format!("average, {name}, backward"), |b| b.iter(backward));
    }
    group.bench_function("global average", |b| b.iter(|| global_avg_pool(&x)));
    let mean = global_avg_pool(&x);
    group.bench_function("global average, backward", |b| {
        b.iter(|| global_avg_pool_backward(&mean, x.shape()))
    });
    group.finish();
}

fn networks(c: &mut Criterion) {
    let model = small_cnn(3, 10, 32, 0.4, 0);
    let folded = fold_batch_norms(small_cnn(3, 10, 32, 0.4, 0));
    let mut group = c.benchmark_group("SmallCNN, use");
    for batch in [1, 128] {
        let x = Tensor::normal([batch, 3, 32, 32], 0.0, 1.0, &mut Rng::new(0, "bench"));
        group.throughput(Throughput::Elements(batch as u64));
        group.bench_function(format!("batch {batch}"), |b| b.iter(|| awake(|| model.infer(x.clone()))));
        group.bench_function(format!("batch {batch}, folded"), |b| {
            b.iter(|| awake(|| folded.infer(x.clone())))
        });
    }
    group.finish();
}

criterion_group!(all, convolutions, kinds, pooling, networks);
criterion_main!(all);
