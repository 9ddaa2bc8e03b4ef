//! Dilation, groups, depthwise convolution and adaptive pooling.

use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::{Kernel, with_kernel};
use ch05_backprop::{Layer, assert_fast, gradcheck};
use ch15_convolution::*;
use proptest::prelude::*;

use crate::gradients::{apart, check_conv2d, random};

fn options(stride: [usize; 2], padding: [usize; 2], dilation: [usize; 2], groups: usize) -> Conv2dOptions {
    Conv2dOptions { stride, padding, dilation, groups }
}

#[test]
fn gradcheck_conv2d_with_dilation_and_groups() {
    let cases = [
        ([2, 2, 6, 5], [3, 2, 3, 2], options([1, 1], [1, 1], [2, 3], 1)),
        ([1, 2, 7, 6], [2, 2, 2, 2], options([3, 2], [1, 2], [2, 4], 1)),
        ([2, 4, 4, 5], [6, 2, 3, 3], options([1, 2], [1, 1], [1, 1], 2)),
        ([1, 3, 5, 5], [6, 1, 2, 3], options([1, 1], [0, 1], [1, 2], 3)),
        // Depthwise.
        ([2, 3, 5, 4], [3, 1, 3, 3], options([1, 1], [1, 1], [1, 1], 3)),
        ([1, 2, 7, 8], [2, 1, 3, 2], options([2, 3], [2, 0], [2, 1], 2)),
        ([1, 2, 3, 2], [2, 1, 1, 1], options([2, 2], [1, 3], [1, 1], 2)),
    ];
    for (seed, (x, weight, options)) in cases.into_iter().enumerate() {
        let seed = seed as u64;
        let (weight, bias) = (random(&weight, seed), random(&[weight[0]], seed + 10));
        gradcheck(&mut Conv2d::from_parts(weight, Some(bias), options), &random(&x, seed + 20));
    }
}

#[test]
fn fast_conv2d_with_dilation_against_plain() {
    let mut rng = Rng::new(0, "dilation");
    for seed in 0..40 {
        let mut up_to = |n: usize| 1 + rng.below(n);
        let (n, c, o) = (up_to(3) + if seed % 3 == 2 { 8 } else { 0 }, up_to(6), up_to(12));
        let (kernel, dilation) = ([up_to(3), up_to(4)], [up_to(4), up_to(3)]);
        let stride = if seed % 2 == 0 { [1, 1] } else { [up_to(4), up_to(4)] };
        let padding = [up_to(4) - 1, up_to(4) - 1];
        let input = [0, 1].map(|i| (kernel[i] - 1) * dilation[i] + up_to(14));
        check_conv2d(
            [n, c, input[0], input[1]],
            [o, c, kernel[0], kernel[1]],
            options(stride, padding, dilation, 1),
            seed,
        );
    }
}

#[test]
fn fast_conv2d_with_groups_against_plain() {
    let same = |groups| options([1, 1], [1, 1], [1, 1], groups);
    check_conv2d([2, 32, 16, 16], [48, 16, 3, 3], same(2), 0);
    check_conv2d([9, 6, 8, 8], [9, 2, 1, 1], options([1, 1], [0, 0], [1, 1], 3), 1);
    check_conv2d([2, 3, 9, 7], [6, 1, 3, 3], options([2, 1], [1, 1], [1, 2], 3), 2);
    check_conv2d([2, 6, 9, 7], [2, 3, 3, 3], options([2, 1], [1, 1], [1, 2], 2), 3);
}

#[test]
fn fast_depthwise_conv2d_against_plain() {
    // The sizes of EfficientNet for images of CIFAR-10: kernels of 3 and 5, strides of 1 and 2.
    for (seed, (side, kernel, stride)) in
        [(32, 3, 1), (32, 3, 2), (16, 5, 2), (8, 5, 1), (4, 5, 1), (2, 3, 1)].into_iter().enumerate()
    {
        let options = options([stride; 2], [kernel / 2; 2], [1, 1], 20);
        check_conv2d([3, 20, side, side], [20, 1, kernel, kernel], options, seed as u64);
    }
    let mut rng = Rng::new(0, "depthwise");
    for seed in 0..40 {
        let mut up_to = |n: usize| 1 + rng.below(n);
        let (n, c) = (up_to(3), 1 + up_to(4));
        let (kernel, dilation) = ([up_to(4), up_to(4)], [up_to(3), up_to(3)]);
        let (stride, padding) = ([up_to(4), up_to(4)], [up_to(5) - 1, up_to(5) - 1]);
        let input = [0, 1].map(|i| (kernel[i] - 1) * dilation[i] + up_to(20));
        let options = options(stride, padding, dilation, c);
        check_conv2d([n, c, input[0], input[1]], [c, 1, kernel[0], kernel[1]], options, 100 + seed);
    }
}

/// A random convolution with dilation and groups: `x`, `weight` and options that fit.
fn problem(seed: u64) -> (Array<f64>, Array<f64>, Conv2dOptions) {
    let mut rng = Rng::new(seed, "problem");
    let mut up_to = |n: usize| 1 + rng.below(n);
    let (n, c, o, groups) = (up_to(3), up_to(2), up_to(2), up_to(3));
    let (kernel, dilation) = ([up_to(3), up_to(3)], [up_to(3), up_to(3)]);
    let options = options([up_to(3), up_to(3)], [up_to(3) - 1, up_to(3) - 1], dilation, groups);
    let input = [0, 1].map(|i| (kernel[i] - 1) * dilation[i] + up_to(6));
    let x = random(&[n, c * groups, input[0], input[1]], seed);
    (x, random(&[o * groups, c, kernel[0], kernel[1]], seed + 1), options)
}

/// The same kernel as one without groups: zeros for what an output does not see.
fn ungrouped(weight: &Array<f64>, groups: usize) -> Array<f64> {
    let [o, c] = [weight.dim(0), weight.dim(1)];
    Array::from_fn([o, c * groups, weight.dim(2), weight.dim(3)], |i| {
        let of_group = i[1] / c == i[0] / (o / groups);
        if of_group { weight[[i[0], i[1] % c, i[2], i[3]]] } else { 0.0 }
    })
}

/// The same kernel as one without gaps: zeros between the taps.
fn undilated(weight: &Array<f64>, [down, across]: [usize; 2]) -> Array<f64> {
    let sides = [(weight.dim(2) - 1) * down + 1, (weight.dim(3) - 1) * across + 1];
    Array::from_fn([weight.dim(0), weight.dim(1), sides[0], sides[1]], |i| {
        let at_tap = i[2] % down == 0 && i[3] % across == 0;
        if at_tap { weight[[i[0], i[1], i[2] / down, i[3] / across]] } else { 0.0 }
    })
}

fn largest(a: &Array<f64>) -> f64 {
    a.clone().abs().max(.., false).item()
}

fn inner(a: &Array<f64>, b: &Array<f64>) -> f64 {
    (a * b).sum_all()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn property_conv2d_with_dilation_and_groups_is_one_with_zeros(seed in 0..100_000u64) {
        let (x, w, options) = problem(seed);
        let plain = Conv2dOptions { dilation: [1, 1], groups: 1, ..options };
        let wide = undilated(&ungrouped(&w, options.groups), options.dilation);
        let (y, want) = (conv2d(&x, &w, None, options), conv2d(&x, &wide, None, plain));
        prop_assert!(largest(&(&y - &want)) < 1e-12);
        prop_assert!(largest(&(conv2d_naive(&x, &w, None, options) - &y)) < 1e-12);
        let g = random(y.shape(), seed + 2);
        let (dx, dw) = conv2d_backward(&g, &x, &w, options);
        let (want_dx, want_dw) = conv2d_backward(&g, &x, &wide, plain);
        prop_assert!(largest(&(&dx - &want_dx)) < 1e-12);
        // The wide kernel's gradient at the places of the small one's taps.
        let of_taps = undilated(&ungrouped(&(dw.zeros_like() + 1.0), options.groups), options.dilation) * &want_dw;
        prop_assert!(largest(&(undilated(&ungrouped(&dw, options.groups), options.dilation) - &of_taps)) < 1e-11);
    }

    #[test]
    fn property_conv2d_with_dilation_and_groups_is_adjoint(seed in 0..100_000u64) {
        let (x, w, options) = problem(seed);
        let y = conv2d(&x, &w, None, options);
        let (g, z, v) = (random(y.shape(), seed + 4), random(x.shape(), seed + 5), random(w.shape(), seed + 6));
        let (dx, dw) = conv2d_backward(&g, &x, &w, options);
        let (by_x, by_w) = (inner(&g, &conv2d(&z, &w, None, options)), inner(&g, &conv2d(&x, &v, None, options)));
        prop_assert!((by_x - inner(&dx, &z)).abs() < 1e-10 * (1.0 + by_x.abs()));
        prop_assert!((by_w - inner(&dw, &v)).abs() < 1e-10 * (1.0 + by_w.abs()));
    }

    #[test]
    fn property_adaptive_avg_pool2d_is_adjoint_and_keeps_constants(
        sides in [1..9usize, 1..9usize], output in [1..9usize, 1..9usize], seed in 0..1000u64
    ) {
        let x = random(&[2, 2, sides[0], sides[1]], seed);
        let y = adaptive_avg_pool2d(&x, output);
        let g = random(y.shape(), seed + 1);
        let dx = adaptive_avg_pool2d_backward(&g, x.shape());
        prop_assert!((inner(&y, &g) - inner(&x, &dx)).abs() < 1e-10);
        prop_assert!(largest(&(adaptive_avg_pool2d(&(x.zeros_like() + 2.5), output) - 2.5)) < 1e-12);
        // Every number is in a bin, and bins of neighbours follow each other.
        for (bins, length) in [(output[0], sides[0]), (output[1], sides[1])] {
            let all: Vec<_> = (0..bins).map(|bin| adaptive_bin(bin, bins, length)).collect();
            prop_assert!(all[0].start == 0 && all[bins - 1].end == length && all.iter().all(|bin| !bin.is_empty()));
            prop_assert!(all.windows(2).all(|two| two[1].start <= two[0].end && two[0].end <= two[1].start + 1));
        }
    }

    #[test]
    fn property_adaptive_max_pool2d_hands_on_every_gradient(
        sides in [1..9usize, 1..9usize], output in [1..9usize, 1..9usize], seed in 0..1000u64
    ) {
        let x = random(&[2, 2, sides[0], sides[1]], seed);
        let (y, places) = adaptive_max_pool2d(&x, output);
        let g = random(y.shape(), seed + 1);
        let dx = adaptive_max_pool2d_backward(&g, &places, x.shape());
        prop_assert!((dx.sum_all() - g.sum_all()).abs() < 1e-10);
        // Euler's relation, as pooling is homogeneous: <y, g> = <x, dx>.
        prop_assert!((inner(&y, &g) - inner(&x, &dx)).abs() < 1e-10);
        prop_assert!((y - &adaptive_avg_pool2d(&x, output)).iter().all(|above| above > -1e-12));
    }
}

/// Images and bins: equal ones, uneven ones, more bins than rows, one bin.
const BINS: [([usize; 4], [usize; 2]); 5] = [
    ([2, 2, 4, 6], [2, 3]),
    ([1, 3, 7, 5], [3, 2]),
    ([2, 1, 3, 2], [5, 3]),
    ([1, 2, 5, 4], [1, 1]),
    ([1, 1, 10, 7], [7, 7]),
];

#[test]
fn gradcheck_adaptive_avg_pool2d() {
    for (seed, (shape, output)) in BINS.into_iter().enumerate() {
        gradcheck(&mut AdaptiveAvgPool2d::new(output), &random(&shape, seed as u64));
    }
}

#[test]
fn gradcheck_adaptive_max_pool2d() {
    for (seed, (shape, output)) in BINS.into_iter().enumerate() {
        gradcheck(&mut AdaptiveMaxPool2d::new(output), &apart(&shape, seed as u64));
    }
}

/// Larger images too, of several tasks.
fn large_bins() -> impl Iterator<Item = ([usize; 4], [usize; 2])> {
    BINS.into_iter().chain([([3, 40, 33, 31], [7, 7]), ([2, 30, 32, 32], [4, 4])])
}

#[test]
fn fast_adaptive_avg_pool2d_against_plain() {
    for (shape, output) in large_bins() {
        let x = Tensor::normal(shape, 0.0, 1.0, &mut Rng::new(5, "pool"));
        // Means of at most a thousand numbers of size 1.
        assert_fast(&mut AdaptiveAvgPool2d::new(output), &mut AdaptiveAvgPool2d::new(output), &x, 1e-6);
        // One bin is the mean of each channel.
        let y = adaptive_avg_pool2d(&x, [1, 1]) - &global_avg_pool(&x);
        assert!(y.abs().max(.., false).item() < 1e-6);
    }
}

#[test]
fn fast_adaptive_max_pool2d_against_plain() {
    for (shape, output) in large_bins() {
        let x = Tensor::normal(shape, 0.0, 1.0, &mut Rng::new(6, "pool"));
        assert_fast(&mut AdaptiveMaxPool2d::new(output), &mut AdaptiveMaxPool2d::new(output), &x, 1e-6);
        // One bin is the whole channel; equal windows are max pooling.
        let (y, _) = adaptive_max_pool2d(&x, [1, 1]);
        assert_eq!(y, x.clone().max(&[2, 3][..], true));
    }
    let x = Tensor::normal([2, 3, 8, 12], 0.0, 1.0, &mut Rng::new(7, "pool"));
    let windows = Pool2dOptions { kernel: [2, 3], stride: [2, 3], padding: [0, 0] };
    assert_eq!(adaptive_max_pool2d(&x, [4, 4]).0, max_pool2d(&x, windows).0);
}

#[test]
fn depthwise_gives_the_same_bits_on_any_number_of_threads() {
    let mut rng = Rng::new(0, "threads");
    let mut draw = |shape: &[usize]| Tensor::normal(shape, 0.0, 1.0, &mut rng);
    let (x, w) = (draw(&[5, 24, 15, 17]), draw(&[24, 1, 3, 3]));
    let options = options([2, 1], [1, 1], [1, 1], 24);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let y = conv2d(&x, &w, None, options);
            let (dx, dw) = conv2d_backward(&y, &x, &w, options);
            [y, dx, dw]
        })
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        assert!(run(threads) == one, "{threads} threads give other bits than one");
    }
}

#[test]
fn layers_with_groups_have_fewer_weights() {
    let depthwise = Conv2dOptions { groups: 12, ..Conv2dOptions::default() };
    let mut layer = Conv2d::new(12, 12, 3, depthwise, &mut Rng::new(0, "layer"));
    assert_eq!(*layer.weight.value.shape(), [12, 1, 3, 3]);
    let x = Tensor::ones([1, 12, 5, 5]);
    let kept = layer.infer(x.clone());
    assert!(layer.forward(x) == kept);
    // PyTorch's bound, 1 / sqrt(9).
    assert!(layer.weight.value.iter().all(|w| w.abs() <= 1.0 / 3.0));
    for kernel in Kernel::available() {
        _ = with_kernel(kernel, || layer.infer(Tensor::ones([2, 12, 4, 4])));
    }
}
