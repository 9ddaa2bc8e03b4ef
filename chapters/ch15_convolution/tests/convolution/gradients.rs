//! Gradient checks in f64, and the f32 paths in use against the plain ones in f64.

use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::{Kernel, with_kernel};
use ch05_backprop::{Layer, assert_close, assert_fast, for_each_param, gradcheck};
use ch15_convolution::*;

pub(crate) fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

/// All numbers differ by at least 0.01 from each other and from 0, so that no small nudge changes which is the largest.
pub(crate) fn apart(shape: &[usize], seed: u64) -> Array<f64> {
    let size: usize = shape.iter().product();
    let mut numbers: Vec<f64> = (0..size).map(|i| 0.02 * (i as f64 - size as f64 / 2.0) + 0.01).collect();
    Rng::new(seed, "order").shuffle(&mut numbers);
    Array::from_slice(&numbers, shape)
}

fn options(stride: [usize; 2], padding: [usize; 2]) -> Conv2dOptions {
    Conv2dOptions { stride, padding, ..Conv2dOptions::default() }
}

fn pool(kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2]) -> Pool2dOptions {
    Pool2dOptions { kernel, stride, padding }
}

/// Pooling windows: side by side, overlapping, padded, with rows left over, and of unequal sides.
fn pools() -> Vec<([usize; 4], Pool2dOptions)> {
    vec![
        ([2, 2, 4, 6], Pool2dOptions::square(2)),
        ([1, 2, 5, 5], pool([3, 3], [2, 2], [1, 1])),
        ([1, 1, 7, 4], pool([2, 3], [3, 1], [1, 0])),
        ([2, 1, 5, 3], pool([2, 2], [2, 2], [0, 0])),
        ([1, 3, 4, 4], pool([3, 2], [1, 1], [0, 1])),
    ]
}

#[test]
fn gradcheck_conv2d() {
    let cases = [
        ([2, 3, 4, 5], [2, 3, 3, 3], options([1, 1], [1, 1])),
        ([1, 2, 5, 4], [3, 2, 2, 3], options([2, 1], [0, 1])),
        ([2, 1, 3, 3], [2, 1, 1, 1], options([1, 1], [0, 0])),
        ([1, 2, 6, 5], [2, 2, 3, 2], options([3, 2], [2, 1])),
        ([1, 1, 2, 2], [1, 1, 2, 2], options([1, 1], [2, 3])),
    ];
    for (seed, (x, weight, options)) in cases.into_iter().enumerate() {
        let (weight, bias) = (random(&weight, seed as u64), random(&[weight[0]], seed as u64 + 10));
        for bias in [Some(bias), None] {
            let mut layer = Conv2d::from_parts(weight.clone(), bias, options);
            gradcheck(&mut layer, &random(&x, seed as u64 + 20));
        }
    }
}

#[test]
fn gradcheck_max_pool2d() {
    for (shape, options) in pools() {
        gradcheck(&mut MaxPool2d::new(options), &apart(&shape, 0));
    }
}

#[test]
fn gradcheck_avg_pool2d() {
    for (shape, options) in pools() {
        gradcheck(&mut AvgPool2d::new(options), &random(&shape, 1));
    }
}

#[test]
fn gradcheck_global_avg_pool() {
    gradcheck(&mut GlobalAvgPool::new(), &random(&[2, 3, 4, 5], 2));
    gradcheck(&mut GlobalAvgPool::new(), &random(&[1, 2, 1, 1], 3));
}

#[test]
fn gradcheck_relu() {
    gradcheck(&mut Relu::new(), &apart(&[2, 3, 4], 4));
}

/// The path in use against the definition in f64, all passes.
///
/// A sum of k products of numbers of size 1 in f32 is off by about sqrt(k) 2^-24, by chance, and its terms' rounding by
/// as much: 1e-6 sqrt(k) leaves a factor of ten.
pub(crate) fn check_conv2d(x: [usize; 4], weight: [usize; 4], options: Conv2dOptions, seed: u64) {
    let mut rng = Rng::new(seed, "conv2d");
    let mut draw = |shape: &[usize]| Tensor::normal(shape, 0.0, 1.0, &mut rng);
    let (x, weight, bias) = (draw(&x), draw(&weight), draw(&[weight[0]]));
    let what = format!("x {:?}, weight {:?}, {options:?}", x.shape(), weight.shape());
    let (x64, w64, b64) = (x.to_f64(), weight.to_f64(), bias.to_f64());
    let with_bias = conv2d_naive(&x64, &w64, Some(&b64), options);
    let tol = |terms: usize| 1e-6 * (terms.max(1) as f64).sqrt();
    let taps = weight.size() / weight.dim(0).max(1);
    let y = conv2d(&x, &weight, Some(&bias), options);
    assert_close(&format!("output, {what}"), &y, &with_bias, tol(taps));
    let want = conv2d_naive(&x64, &w64, None, options);
    assert_close(&format!("output, {what}"), &conv2d(&x, &weight, None, options), &want, tol(taps));

    let g = draw(want.shape());
    let (dx, dw) = conv2d_backward(&g, &x, &weight, options);
    let (dx64, dw64) = conv2d_naive_gradients(&g.to_f64(), &x64, &w64, options);
    let tol_x = tol(weight.size() / weight.dim(1).max(1) / options.groups);
    assert_close(&format!("input gradient, {what}"), &dx, &dx64, tol_x);
    let terms = g.size() / weight.dim(0).max(1);
    assert_close(&format!("weight gradient, {what}"), &dw, &dw64, tol(terms));
    let db = conv2d_bias_gradient(&g);
    assert_close(&format!("bias gradient, {what}"), &db, &g.to_f64().sum(&[0, 2, 3][..], false), tol(terms));
    // f64 goes this way too; it must agree with the definition to 1e-12.
    let plain = |got: Array<f64>, want: &Array<f64>| {
        let furthest = (got - want).abs().max(.., false).item();
        assert!(
            furthest < 1e-11 * (taps.max(terms) as f64).sqrt(),
            "{what}: {furthest:e} from the definition"
        );
    };
    plain(conv2d(&x64, &w64, None, options), &want);
    let (got_x, got_w) = conv2d_backward(&g.to_f64(), &x64, &w64, options);
    plain(got_x, &dx64);
    plain(got_w, &dw64);
    if options.groups > 1 {
        return;
    }
    let check = |rung: &str, y: Tensor, got_x: Tensor, got_w: Tensor| {
        assert_close(&format!("{rung}, {what}"), &y, &with_bias, tol(taps));
        assert_close(&format!("{rung}, input gradient, {what}"), &got_x, &dx64, tol_x);
        assert_close(&format!("{rung}, weight gradient, {what}"), &got_w, &dw64, tol(terms));
    };
    check(
        "im2col",
        conv2d_im2col(&x, &weight, Some(&bias), options),
        conv2d_im2col_input_gradient(&g, &x, &weight, options),
        conv2d_im2col_weight_gradient(&g, &x, &weight, options),
    );
    // The direct kernels, where the processor has the instructions and the sizes fit.
    if let (Some(y), Some(got_x), Some(got_w)) = (
        conv2d_direct(&x, &weight, Some(&bias), options),
        conv2d_direct_input_gradient(&g, &x, &weight, options),
        conv2d_direct_weight_gradient(&g, &x, &weight, options),
    ) {
        check("direct", y, got_x, got_w);
    }
    for kernel in Kernel::available() {
        with_kernel(kernel, || {
            check(
                &format!("panels, {kernel:?}"),
                conv2d_panels(&x, &weight, Some(&bias), options),
                conv2d_panels_input_gradient(&g, &x, &weight, options),
                conv2d_panels_weight_gradient(&g, &x, &weight, options),
            );
        });
    }
}

#[test]
fn fast_conv2d_against_plain() {
    // The shapes of SmallCNN, at a few images: widths of 32, 16 and 8, each a path of its own.
    let same = options([1, 1], [1, 1]);
    check_conv2d([2, 3, 32, 32], [32, 3, 3, 3], same, 0);
    check_conv2d([3, 32, 16, 16], [24, 32, 3, 3], same, 1);
    check_conv2d([5, 20, 8, 8], [17, 20, 3, 3], same, 2);
    check_conv2d([17, 5, 4, 8], [40, 5, 3, 3], same, 3);
    // Other kernels and paddings that keep such widths.
    check_conv2d([2, 4, 9, 18], [9, 4, 3, 3], options([1, 1], [0, 0]), 4);
    check_conv2d([2, 4, 6, 16], [9, 4, 1, 1], options([1, 1], [0, 0]), 5);
    check_conv2d([1, 7, 16, 16], [3, 7, 5, 5], options([1, 1], [2, 2]), 6);
    check_conv2d([1, 2, 4, 12], [1, 2, 1, 5], options([1, 1], [2, 4]), 7);
    check_conv2d([2, 3, 7, 24], [5, 3, 3, 3], same, 8);
    // Strides.
    check_conv2d([2, 6, 16, 16], [8, 6, 3, 3], options([2, 2], [1, 1]), 9);
    check_conv2d([2, 6, 32, 32], [8, 6, 1, 1], options([2, 2], [0, 0]), 10);
    // Small images, of which several share a product, and a kernel that does not reach all remainders of the stride.
    check_conv2d([33, 6, 8, 8], [8, 6, 3, 3], options([2, 2], [1, 1]), 11);
    check_conv2d([40, 3, 6, 7], [5, 3, 2, 1], options([3, 2], [1, 0]), 12);
    // More taps than are multiplied at a time, odd widths whose last column has no partner, images of several parts.
    check_conv2d([9, 40, 9, 11], [6, 40, 3, 3], options([2, 2], [1, 1]), 13);
    check_conv2d([8, 3, 40, 37], [5, 3, 3, 3], options([2, 2], [1, 1]), 14);
    check_conv2d([8, 5, 12, 70], [3, 5, 2, 4], options([1, 2], [0, 1]), 15);
    // A column or a row without a partner.
    check_conv2d([9, 3, 6, 1], [4, 3, 2, 2], options([2, 2], [0, 1]), 16);
    check_conv2d([9, 3, 1, 8], [4, 3, 3, 3], options([3, 2], [1, 1]), 17);
    // Anything.
    let mut rng = Rng::new(0, "shapes");
    for seed in 0..60 {
        let mut up_to = |n: usize| 1 + rng.below(n);
        // A few images, or enough for each to be a task.
        let (n, c, o) = (up_to(4) + if seed % 3 == 2 { 7 } else { 0 }, up_to(9), up_to(20));
        let kernel = [up_to(4), up_to(4)];
        let [stride, padding] = [[up_to(3), up_to(3)], [up_to(3) - 1, up_to(3) - 1]];
        let input = [kernel[0] + up_to(12) - 1, kernel[1] + up_to(20) - 1];
        let stride = if seed % 2 == 0 { [1, 1] } else { stride };
        check_conv2d(
            [n, c, input[0], input[1]],
            [o, c, kernel[0], kernel[1]],
            options(stride, padding),
            100 + seed,
        );
    }
}

#[test]
fn views_are_as_good_as_arrays() {
    let mut rng = Rng::new(0, "views");
    let (x, weight) = (
        Tensor::normal([16, 16, 4, 3], 0.0, 1.0, &mut rng),
        Tensor::normal([8, 4, 3, 3], 0.0, 1.0, &mut rng),
    );
    // Channels last, as a view.
    let x = x.permute([3, 2, 0, 1]);
    let options = options([1, 1], [1, 1]);
    let y = conv2d(&x, &weight, None, options);
    assert_eq!(y, conv2d(&x.copy(), &weight, None, options));
    let grad = Tensor::normal([16, 8, 3, 16], 0.0, 1.0, &mut rng).permute([2, 1, 0, 3]);
    let (dx, dw) = conv2d_backward(&grad, &x, &weight, options);
    let (dx_copy, dw_copy) = conv2d_backward(&grad.copy(), &x.copy(), &weight, options);
    assert!(dx == dx_copy && dw == dw_copy);
}

/// The layer in f32 against itself in f64.
fn check_layer(mut fast: impl Layer<f32>, mut plain: impl Layer<f64>, x: &Tensor, tol: f64) {
    assert_fast(&mut fast, &mut plain, x, tol);
    for_each_param(&mut fast, |path, _| panic!("{path}: no parameters"));
}

/// Pooling windows over larger images, some of several tasks.
fn large_pools() -> Vec<([usize; 4], Pool2dOptions)> {
    let large = [
        ([3, 40, 32, 32], Pool2dOptions::square(2)),
        ([2, 7, 8, 8], Pool2dOptions::square(2)),
        ([2, 3, 10, 14], Pool2dOptions::square(2)),
        ([2, 3, 33, 31], pool([3, 3], [2, 2], [1, 1])),
    ];
    pools().into_iter().chain(large).collect()
}

#[test]
fn fast_max_pool2d_against_plain() {
    // Nothing is computed, only chosen: exact.
    for (shape, options) in large_pools() {
        let x = Tensor::normal(shape, 0.0, 1.0, &mut Rng::new(1, "pool"));
        let (y, places) = max_pool2d(&x, options);
        let want = Tensor::from_fn(*y.shape(), |i| {
            let mut best = f32::NEG_INFINITY;
            for (u, v) in (0..options.kernel[0]).flat_map(|u| (0..options.kernel[1]).map(move |v| (u, v))) {
                let row = (i[2] * options.stride[0] + u).wrapping_sub(options.padding[0]);
                let col = (i[3] * options.stride[1] + v).wrapping_sub(options.padding[1]);
                if row < shape[2] && col < shape[3] {
                    best = best.max(x[[i[0], i[1], row, col]]);
                }
            }
            best
        });
        assert_eq!(y, want);
        assert!(places.iter().all(|place| usize::from(place) < options.kernel[0] * options.kernel[1]));
        // Sums of overlapping gradients: a few terms of size 1.
        check_layer(MaxPool2d::new(options), MaxPool2d::new(options), &x, 1e-6);
    }
}

#[test]
fn fast_avg_pool2d_against_plain() {
    for (shape, options) in large_pools() {
        let x = Tensor::normal(shape, 0.0, 1.0, &mut Rng::new(2, "pool"));
        check_layer(AvgPool2d::new(options), AvgPool2d::new(options), &x, 1e-6);
    }
}

#[test]
fn fast_global_avg_pool_against_plain() {
    for shape in [[3, 70, 8, 8], [1, 2, 33, 31], [2, 1, 1, 1], [64, 3, 32, 32]] {
        let x = Tensor::normal(shape, 0.0, 1.0, &mut Rng::new(3, "pool"));
        check_layer(GlobalAvgPool::new(), GlobalAvgPool::new(), &x, 1e-6);
    }
}

#[test]
fn fast_relu_against_plain() {
    let x = Tensor::normal([3, 50, 31, 17], 0.0, 1.0, &mut Rng::new(4, "relu"));
    check_layer(Relu::new(), Relu::new(), &x, 0.0);
}

#[test]
fn equal_numbers_and_nan_go_pytorchs_way() {
    let nan = f32::NAN;
    let x = Tensor::from([[[[1.0, 1.0, 5.0, nan], [1.0, 1.0, nan, 7.0]]]]);
    // The second window is not the usual case: it has a column that the last position never reaches.
    let wide = Tensor::from([[[[1.0, 1.0, 5.0, nan, 0.0], [1.0, 1.0, nan, 7.0, 0.0]]]]);
    for x in [x, wide] {
        let (y, places) = max_pool2d(&x, Pool2dOptions::square(2));
        assert_eq!((y.to_vec()[0], places.to_vec()[0]), (1.0, 0), "the first of equal numbers wins");
        assert!(y.to_vec()[1].is_nan() && places.to_vec()[1] == 1, "the first NaN wins");
    }
}

#[test]
fn small_cnn_has_the_parameters_of_the_benchmark() {
    let mut model = small_cnn(3, 10, 32, 0.4, 0);
    let mut names = Vec::new();
    let mut count = 0;
    for_each_param(&mut model, |path, param| {
        names.push(path.to_string());
        count += param.value.size();
    });
    // 9 in out for each convolution, 2 for each channel normalised, and the two linear layers.
    assert_eq!(count, 570_794);
    assert_eq!(names[..3], ["0.weight", "1.weight", "1.bias"]);
    assert_eq!(names.last().unwrap(), "22.bias");
    let x = Tensor::normal([2, 3, 32, 32], 0.0, 1.0, &mut Rng::new(0, "x"));
    assert_eq!(*model.infer(x.clone()).shape(), [2, 10]);
    let y = model.forward(x);
    assert_eq!(*model.backward(y).shape(), [2, 3, 32, 32]);
}
