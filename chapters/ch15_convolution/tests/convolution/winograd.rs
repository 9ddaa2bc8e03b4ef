//! Winograd's way against the definition in f64, with every kind of vectors that the processor has.

use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::{Kernel, with_kernel};
use ch05_backprop::{Layer, assert_close};
use ch15_convolution::*;
use proptest::prelude::*;

const SAME: Conv2dOptions = Conv2dOptions { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };

/// All passes. A sum of k products of numbers of size 1 is off by about sqrt(k) 2^-24 if it is summed directly. Here it is
/// the sum of 36 numbers, each a sum of products of transformed numbers, that are larger than the result and cancel: a study in numpy
/// and runs of the network's layers found 1.1e-6 sqrt(k) at most as the root of the mean square, 8e-6 sqrt(k) as the largest of
/// millions. 2e-5 sqrt(k) leaves a factor of two.
fn check([batch, inputs, outputs, height, width]: [usize; 5], seed: u64) {
    let mut rng = Rng::new(seed, "winograd");
    let mut draw = |shape: &[usize]| Tensor::normal(shape, 0.0, 1.0, &mut rng);
    let x = draw(&[batch, inputs, height, width]);
    let (weight, bias) = (draw(&[outputs, inputs, 3, 3]), draw(&[outputs]));
    let g = draw(&[batch, outputs, height, width]);
    let (x64, w64, g64) = (x.to_f64(), weight.to_f64(), g.to_f64());
    let want = conv2d_naive(&x64, &w64, Some(&bias.to_f64()), SAME);
    let (dx, dw) = conv2d_naive_gradients(&g64, &x64, &w64, SAME);
    let tol = |terms: usize| 2e-5 * (terms as f64).sqrt();
    for kernel in Kernel::available() {
        let what = format!("x {:?}, {outputs} outputs, {kernel:?}", x.shape());
        with_kernel(kernel, || {
            let y = conv2d_winograd(&x, &weight, Some(&bias));
            assert_close(&format!("output, {what}"), &y, &want, tol(9 * inputs));
            let got = conv2d_winograd_input_gradient(&g, &x, &weight);
            assert_close(&format!("input gradient, {what}"), &got, &dx, tol(9 * outputs));
            let got = conv2d_winograd_weight_gradient(&g, &x, &weight);
            assert_close(&format!("weight gradient, {what}"), &got, &dw, tol(batch * height * width));
        });
    }
}

#[test]
fn fast_winograd_against_plain() {
    // Rows of tiles as long as a vector, parts of one, several; several blocks in a task, several tasks, several groups of
    // output channels; images that tiles stick out of, and smaller than a tile.
    for (seed, sizes) in [
        [2, 16, 40, 32, 32],
        [3, 32, 24, 16, 16],
        [9, 20, 33, 8, 8],
        [1, 3, 5, 4, 64],
        [1, 2, 1, 8, 100],
        [1, 300, 2, 12, 12],
        [17, 5, 4, 4, 4],
        [2, 3, 2, 7, 13],
        [3, 1, 1, 1, 1],
        [2, 2, 3, 2, 5],
    ]
    .into_iter()
    .enumerate()
    {
        check(sizes, seed as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn property_winograd_takes_any_size(
        batch in 1..5usize, inputs in 1..20usize, outputs in 1..20usize, height in 1..20usize, width in 1..40usize, seed in 0..1000u64
    ) {
        check([batch, inputs, outputs, height, width], seed);
    }
}

#[test]
fn conv2d_takes_this_way_where_it_is_worth_it() {
    let rng = &mut Rng::new(0, "way");
    let mut draw = |shape: &[usize]| Tensor::normal(shape, 0.0, 1.0, rng);
    let (x, w, g) = (draw(&[4, 16, 16, 16]), draw(&[17, 16, 3, 3]), draw(&[4, 17, 16, 16]));
    assert!(conv2d(&x, &w, None, SAME) == conv2d_winograd(&x, &w, None));
    let (dx, dw) = conv2d_backward(&g, &x, &w, SAME);
    assert!(dx == conv2d_winograd_input_gradient(&g, &x, &w));
    assert!(dw == conv2d_winograd_weight_gradient(&g, &x, &w));
    // Not for few channels: there the sum is the direct one, and closer to the definition.
    let (x, w) = (draw(&[4, 3, 16, 16]), draw(&[16, 3, 3, 3]));
    assert!(conv2d(&x, &w, None, SAME) != conv2d_winograd(&x, &w, None));
}

#[test]
fn whole_numbers_and_zeros_stay_close_to_themselves() {
    // A kernel of one tap moves the image; the rest of each sum must cancel.
    let x = Tensor::from_fn([1, 1, 9, 11], |i| (i[2] * 11 + i[3]) as f32);
    let mut w = Tensor::zeros([1, 1, 3, 3]);
    w[[0, 0, 1, 1]] = 1.0;
    assert_close("identity", &conv2d_winograd(&x, &w, None), &x, 1e-5);
    let zeros = Tensor::zeros([1, 1, 9, 11]);
    assert!(conv2d_winograd(&zeros, &w, None) == zeros, "nothing comes of nothing");
}

#[test]
fn a_layer_in_use_follows_its_weights() {
    // What a layer keeps of its weights for single images: by Winograd's way, by the direct kernels, and for neither.
    for shape in [[1, 16, 16, 16], [3, 20, 8, 8], [1, 16, 7, 5]] {
        let mut rng = Rng::new(0, "kept");
        let mut draw = |shape: &[usize]| Tensor::normal(shape, 0.0, 1.0, &mut rng);
        let (x, bias) = (draw(&shape), draw(&[70]));
        let mut layer = Conv2d::from_parts(draw(&[70, shape[1], 3, 3]), Some(bias), SAME);
        let check = |layer: &Conv2d| {
            let bias = layer.bias.as_ref().map(|bias| bias.value.to_f64());
            let want = conv2d_naive(&x.to_f64(), &layer.weight.value.to_f64(), bias.as_ref(), SAME);
            // As in `check`, above.
            let tol = 2e-5 * (9.0 * shape[1] as f64).sqrt();
            for kernel in Kernel::available() {
                let y = with_kernel(kernel, || layer.infer(x.clone()));
                assert_close(&format!("{shape:?}, {kernel:?}"), &y, &want, tol);
                assert!(with_kernel(kernel, || layer.infer(x.clone())) == y, "the second time, {kernel:?}");
            }
        };
        check(&layer);
        layer.weight.value *= -0.5;
        check(&layer);
        layer.weight.value = draw(&[70, shape[1], 3, 3]);
        check(&layer);
        _ = layer.forward(x.clone());
        layer.weight.value += 1.0;
        check(&layer);
    }
}

#[test]
fn nothing_is_lost_of_infinity() {
    let mut x = Tensor::ones([1, 1, 8, 8]);
    x[[0, 0, 3, 3]] = f32::INFINITY;
    let y = conv2d_winograd(&x, &Tensor::ones([1, 1, 3, 3]), None);
    for (i, j) in (0..9).map(|n| (2 + n / 3, 2 + n % 3)) {
        assert!(!y[[0, 0, i, j]].is_finite(), "position {i}, {j}");
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let rng = &mut Rng::new(0, "threads");
    let mut draw = |shape: &[usize]| Tensor::normal(shape, 0.0, 1.0, rng);
    let (x, w, g) = (draw(&[20, 16, 12, 12]), draw(&[40, 16, 3, 3]), draw(&[20, 40, 12, 12]));
    // A single image, whose output channels are cut, into other pieces than the groups of transformed kernels.
    let (image, many) = (draw(&[1, 16, 32, 32]), draw(&[150, 16, 3, 3]));
    // So many channels that the sums of a weight gradient are not made for several groups of images: channels are cut.
    let (deep, deep_w, deep_g) = (draw(&[9, 180, 8, 8]), draw(&[410, 180, 3, 3]), draw(&[9, 410, 8, 8]));
    let want = conv2d_im2col_weight_gradient(&deep_g, &deep, &deep_w, SAME).to_f64();
    for kernel in Kernel::available() {
        let run = |threads: usize| -> Vec<Array<f32>> {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                with_kernel(kernel, || {
                    let (dx, dw) = conv2d_backward(&g, &x, &w, SAME);
                    let deep_dw = conv2d_winograd_weight_gradient(&deep_g, &deep, &deep_w);
                    vec![conv2d(&x, &w, None, SAME), dx, dw, conv2d(&image, &many, None, SAME), deep_dw]
                })
            })
        };
        let one = run(1);
        let tol = 2e-5 * f64::sqrt(9.0 * 8.0 * 8.0); // as in `check`
        assert_close(&format!("weight gradient, {kernel:?}"), &one[4], &want, tol);
        for threads in [2, 3, 8] {
            assert!(run(threads) == one, "{kernel:?}: {threads} threads give other bits than one");
        }
    }
}

#[test]
#[should_panic(
    expected = "conv2d_winograd: cannot take an input of [1, 1, 8, 8] with a weight of [1, 1, 5, 5]"
)]
fn other_kernels_are_refused() {
    _ = conv2d_winograd(&Tensor::ones([1, 1, 8, 8]), &Tensor::ones([1, 1, 5, 5]), None);
}
