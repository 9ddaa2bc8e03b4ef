//! Transposed convolution, and convolution of sequences.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{assert_close, assert_fast, gradcheck};
use ch15_convolution::*;
use proptest::prelude::*;

use crate::gradients::random;

fn options(
    [stride, padding, dilation, output_padding]: [[usize; 2]; 4],
    groups: usize,
) -> ConvTranspose2dOptions {
    ConvTranspose2dOptions { conv: Conv2dOptions { stride, padding, dilation, groups }, output_padding }
}

fn sequence(stride: usize, padding: usize, dilation: usize, groups: usize) -> Conv1dOptions {
    Conv1dOptions { stride, padding, dilation, groups }
}

#[test]
fn gradcheck_conv_transpose2d() {
    let cases = [
        ([2, 2, 3, 4], [2, 3, 3, 3], options([[1, 1], [1, 1], [1, 1], [0, 0]], 1)),
        ([1, 2, 3, 2], [2, 2, 3, 2], options([[2, 3], [1, 0], [1, 1], [1, 2]], 1)),
        ([1, 4, 2, 3], [4, 1, 2, 3], options([[2, 1], [0, 1], [2, 1], [0, 0]], 2)),
        ([2, 2, 3, 3], [2, 1, 4, 4], options([[2, 2], [1, 1], [1, 1], [0, 0]], 2)),
    ];
    for (seed, (x, weight, options)) in cases.into_iter().enumerate() {
        let seed = seed as u64;
        let outputs = weight[1] * options.conv.groups;
        let mut layer =
            ConvTranspose2d::from_parts(random(&weight, seed), Some(random(&[outputs], seed + 10)), options);
        gradcheck(&mut layer, &random(&x, seed + 20));
    }
}

#[test]
fn gradcheck_conv1d() {
    let cases = [
        ([2, 3, 7], [4, 3, 3], sequence(1, 1, 1, 1)),
        ([1, 2, 9], [2, 2, 4], sequence(2, 0, 2, 1)),
        ([2, 4, 6], [2, 2, 3], sequence(1, 2, 2, 2)),
        ([1, 3, 8], [3, 1, 2], sequence(3, 1, 1, 3)),
    ];
    for (seed, (x, weight, options)) in cases.into_iter().enumerate() {
        let seed = seed as u64;
        let bias = random(&[weight[0]], seed + 10);
        let mut layer = Conv1d::from_parts(random(&weight, seed), Some(bias), options);
        gradcheck(&mut layer, &random(&x, seed + 20));
    }
}

/// The sums of convolution in 64 bits have at most some hundred terms of size 1.
const TOLERANCE: f64 = 1e-11;

#[test]
fn fast_conv_transpose2d_against_plain() {
    let mut rng = Rng::new(0, "transposed");
    for seed in 0..24 {
        let mut up_to = |n: usize| 1 + rng.below(n);
        let (n, groups, c, o) = (up_to(3), up_to(2), up_to(6), up_to(6));
        let (kernel, stride) = ([up_to(4), up_to(4)], [up_to(3), up_to(3)]);
        let extra = stride.map(|stride| up_to(stride) - 1);
        let options = options([stride, [up_to(2) - 1; 2], [up_to(2), up_to(2)], extra], groups);
        let x =
            Tensor::normal([n, c * groups, 2 + up_to(9), 2 + up_to(17)], 0.0, 1.0, &mut Rng::new(seed, "x"));
        let shape = [c * groups, o, kernel[0], kernel[1]];
        let weight = Tensor::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "w"));
        let (double, bias) = (weight.to_f64(), Tensor::ones([o * groups]));
        // Sums of at most a thousand products of size 1: see `check_conv2d`.
        assert_fast(
            &mut ConvTranspose2d::from_parts(weight, Some(bias.clone()), options),
            &mut ConvTranspose2d::from_parts(double, Some(bias.to_f64()), options),
            &x,
            3e-5,
        );
    }
    // By its own definition: stamps.
    for (seed, (size, kernel, stride)) in [(3, 3, 2), (4, 2, 2), (2, 1, 3), (5, 4, 1)].into_iter().enumerate()
    {
        let (x, w) = (random(&[2, 3, size, size + 1], seed as u64), random(&[3, 2, kernel, kernel], 9));
        let stride_alone = options([[stride; 2], [0, 0], [1, 1], [0, 0]], 1);
        let difference =
            conv_transpose2d(&x, &w, None, stride_alone) - &conv_transpose2d_naive(&x, &w, stride);
        assert!(difference.abs().max(.., false).item() < TOLERANCE);
    }
}

#[test]
fn fast_conv1d_against_plain() {
    let mut rng = Rng::new(0, "sequences");
    for seed in 0..24 {
        let mut up_to = |n: usize| 1 + rng.below(n);
        let (n, groups, c, o, kernel) = (up_to(9), up_to(2), up_to(9), up_to(20), up_to(5));
        let options = sequence(up_to(3), up_to(3) - 1, up_to(2), groups);
        let time = (kernel - 1) * options.dilation + up_to(70);
        let x = Tensor::normal([n, c * groups, time], 0.0, 1.0, &mut Rng::new(seed, "x"));
        let weight = Tensor::normal([o * groups, c, kernel], 0.0, 1.0, &mut Rng::new(seed, "w"));
        let double = weight.to_f64();
        // As above.
        assert_fast(
            &mut Conv1d::from_parts(weight, None, options),
            &mut Conv1d::from_parts(double.clone(), None, options),
            &x,
            3e-5,
        );
        // By the definition, written out for one axis.
        let (x, y) = (x.to_f64(), conv1d(&x.to_f64(), &double, None, options));
        let want = Array::from_fn(*y.shape(), |i| {
            let first = i[1] / o * c;
            let mut sum = 0.0;
            for (channel, tap) in (0..c * kernel).map(|k| (k / kernel, k % kernel)) {
                let at = (i[2] * options.stride + tap * options.dilation).wrapping_sub(options.padding);
                if at < time {
                    sum += double[[i[1], channel, tap]] * x[[i[0], first + channel, at]];
                }
            }
            sum
        });
        assert!((y - &want).abs().max(.., false).item() < TOLERANCE);
    }
}

fn inner(a: &Array<f64>, b: &Array<f64>) -> f64 {
    (a * b).sum_all()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn property_conv_transpose2d_is_the_transpose_of_conv2d(
        groups in 1..3usize, kernel in [1..4usize, 1..4usize], stride in [1..4usize, 1..4usize],
        dilation in [1..3usize, 1..3usize], padding in [0..2usize, 0..2usize], extra in [0..4usize, 0..4usize],
        seed in 0..1000u64
    ) {
        let extra = [0, 1].map(|i| extra[i] % stride[i]);
        let options = options([stride, padding, dilation, extra], groups);
        let (x, w) = (random(&[2, 2 * groups, 4, 3], seed), random(&[2 * groups, 3, kernel[0], kernel[1]], seed + 1));
        let y = conv_transpose2d(&x, &w, None, options);
        // <conv(z), x> = <z, conv_transpose(x)>, for every z: the two are transposes of each other.
        let z = random(y.shape(), seed + 2);
        let convolved = conv2d(&z, &w, None, options.conv);
        prop_assert!(convolved.shape() == x.shape(), "the output padding chooses a size that shrinks to x");
        let (one, other) = (inner(&convolved, &x), inner(&z, &y));
        prop_assert!((one - other).abs() < 1e-10 * (1.0 + one.abs()));
        // And its own gradients are adjoint to it, in each factor.
        let (dx, dw) = conv_transpose2d_backward(&z, &x, &w, options);
        let (x2, w2) = (random(x.shape(), seed + 3), random(w.shape(), seed + 4));
        let by_x = inner(&z, &conv_transpose2d(&x2, &w, None, options));
        let by_w = inner(&z, &conv_transpose2d(&x, &w2, None, options));
        prop_assert!((by_x - inner(&dx, &x2)).abs() < 1e-10 * (1.0 + by_x.abs()));
        prop_assert!((by_w - inner(&dw, &w2)).abs() < 1e-10 * (1.0 + by_w.abs()));
    }

    #[test]
    fn property_conv1d_is_adjoint_and_moves_with_its_input(
        kernel in 1..4usize, stride in 1..3usize, dilation in 1..3usize, padding in 0..3usize, groups in 1..3usize,
        seed in 0..1000u64
    ) {
        let options = sequence(stride, padding, dilation, groups);
        let (x, w) = (random(&[2, 2 * groups, 11], seed), random(&[groups, 2, kernel], seed + 1));
        let y = conv1d(&x, &w, None, options);
        let (g, x2, w2) = (random(y.shape(), seed + 2), random(x.shape(), seed + 3), random(w.shape(), seed + 4));
        let (dx, dw) = conv1d_backward(&g, &x, &w, options);
        let by_x = inner(&g, &conv1d(&x2, &w, None, options));
        let by_w = inner(&g, &conv1d(&x, &w2, None, options));
        prop_assert!((by_x - inner(&dx, &x2)).abs() < 1e-10 * (1.0 + by_x.abs()));
        prop_assert!((by_w - inner(&dw, &w2)).abs() < 1e-10 * (1.0 + by_w.abs()));
        // A sequence between zeros, moved by a stride: the output moves by one.
        let framed = |by: usize| Array::concat(&[
            &Array::zeros([2, 2 * groups, 4 + by]), &x, &Array::zeros([2, 2 * groups, 12 - by])
        ], 2);
        let free = Conv1dOptions { padding: 0, ..options };
        let [still, moved] = [0, stride].map(|by| conv1d(&framed(by), &w, None, free));
        let length = still.dim(2) - 1;
        let difference = still.narrow(2, 0, length).copy() - &moved.narrow(2, 1, length);
        prop_assert!(difference.abs().max(.., false).item() < 1e-12);
    }
}

#[test]
fn an_output_padding_chooses_among_the_sizes_that_shrink_to_the_same() {
    let x = Tensor::ones([1, 1, 3, 3]);
    let w = Tensor::ones([1, 1, 3, 3]);
    let conv = Conv2dOptions { stride: [2, 2], padding: [1, 1], ..Conv2dOptions::default() };
    let y =
        |extra| conv_transpose2d(&x, &w, None, ConvTranspose2dOptions { conv, output_padding: [extra; 2] });
    assert_eq!((*y(0).shape(), *y(1).shape()), ([1, 1, 5, 5].into(), [1, 1, 6, 6].into()));
    for y in [y(0), y(1)] {
        assert_eq!(conv2d(&y, &w, None, conv).shape(), x.shape());
    }
    // What both have is the same.
    assert_close("common part", &y(1).narrow(2, 0, 5).narrow(3, 0, 5).copy(), &y(0), 1e-6);
}
