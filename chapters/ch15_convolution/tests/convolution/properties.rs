//! Laws that hold for any input, and promises: messages, the same bits on any number of threads.

use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, for_each_param, sgd_step, zero_grad};
use ch15_convolution::*;
use proptest::prelude::*;

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

fn inner(a: &Array<f64>, b: &Array<f64>) -> f64 {
    (a * b).sum_all()
}

fn largest(a: &Array<f64>) -> f64 {
    a.clone().abs().max(.., false).item()
}

/// A random convolution: `x`, `weight` and options that fit.
fn problem(seed: u64) -> (Array<f64>, Array<f64>, Conv2dOptions) {
    let mut rng = Rng::new(seed, "problem");
    let mut up_to = |n: usize| 1 + rng.below(n);
    let (n, c, o, kernel) = (up_to(3), up_to(4), up_to(4), [up_to(3), up_to(3)]);
    let options = Conv2dOptions {
        stride: [up_to(2), up_to(2)],
        padding: [up_to(3) - 1, up_to(3) - 1],
        ..Conv2dOptions::default()
    };
    let input = [kernel[0] + up_to(6) - 1, kernel[1] + up_to(6) - 1];
    let x = random(&[n, c, input[0], input[1]], seed);
    (x, random(&[o, c, kernel[0], kernel[1]], seed + 1), options)
}

fn window() -> impl Strategy<Value = Pool2dOptions> {
    (1..4usize, 1..4usize, 1..4usize, 1..4usize, 0..2usize, 0..2usize).prop_map(|(kh, kw, sh, sw, ph, pw)| {
        Pool2dOptions { kernel: [kh, kw], stride: [sh, sw], padding: [ph.min(kh / 2), pw.min(kw / 2)] }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn property_conv2d_is_linear_in_each_factor(seed in 0..100_000u64, a in -2.0..2.0f64, b in -2.0..2.0f64) {
        let (x, w, options) = problem(seed);
        let (x2, w2) = (random(x.shape(), seed + 2), random(w.shape(), seed + 3));
        let y = |x: &Array<f64>, w: &Array<f64>| conv2d(x, w, None, options);
        let of_x = y(&(&x * a + &(&x2 * b)), &w) - (y(&x, &w) * a + &(y(&x2, &w) * b));
        let of_w = y(&x, &(&w * a + &(&w2 * b))) - (y(&x, &w) * a + &(y(&x, &w2) * b));
        prop_assert!(largest(&of_x) < 1e-12 * 100.0 && largest(&of_w) < 1e-12 * 100.0);
    }

    #[test]
    fn property_conv2d_backward_is_the_adjoint(seed in 0..100_000u64) {
        // <g, conv(z, w)> = <dx, z> and <g, conv(x, v)> = <dw, v>: in each factor the convolution is linear, so its
        // derivative is itself.
        let (x, w, options) = problem(seed);
        let y = conv2d(&x, &w, None, options);
        let (g, z, v) = (random(y.shape(), seed + 4), random(x.shape(), seed + 5), random(w.shape(), seed + 6));
        let (dx, dw) = conv2d_backward(&g, &x, &w, options);
        let (by_x, by_w) = (inner(&g, &conv2d(&z, &w, None, options)), inner(&g, &conv2d(&x, &v, None, options)));
        prop_assert!((by_x - inner(&dx, &z)).abs() < 1e-10 * (1.0 + by_x.abs()));
        prop_assert!((by_w - inner(&dw, &v)).abs() < 1e-10 * (1.0 + by_w.abs()));
    }

    #[test]
    fn property_conv2d_moves_with_its_input(seed in 0..100_000u64, down in 0..4usize, right in 0..4usize) {
        // An image inside a wide frame of zeros, moved: the output is the same, moved.
        let image = random(&[1, 2, 5, 5], seed);
        let w = random(&[3, 2, 3, 2], seed + 1);
        let framed = |down: usize, right: usize| {
            Array::from_fn([1, 2, 14, 14], |i| {
                let (row, col) = (i[2].wrapping_sub(3 + down), i[3].wrapping_sub(3 + right));
                if row < 5 && col < 5 { image[[0, i[1], row, col]] } else { 0.0 }
            })
        };
        let still = conv2d(&framed(0, 0), &w, None, Conv2dOptions::default());
        let moved = conv2d(&framed(down, right), &w, None, Conv2dOptions::default());
        let (rows, cols) = (still.dim(2) - down, still.dim(3) - right);
        let still = still.narrow(2, 0, rows).narrow(3, 0, cols);
        let moved = moved.narrow(2, down, rows).narrow(3, right, cols);
        prop_assert!(largest(&(still.copy() - &moved)) < 1e-12);
    }

    #[test]
    fn property_conv2d_of_one_by_one_is_a_product_of_matrices(seed in 0..100_000u64) {
        let (x, w) = (random(&[2, 3, 4, 5], seed), random(&[6, 3, 1, 1], seed + 1));
        let y = conv2d(&x, &w, None, Conv2dOptions::default());
        let product = ch02_matmul::matmul(&w.reshape([6, 3]), &x.reshape([2, 3, 20]));
        prop_assert!(largest(&(y.reshape([2, 6, 20]) - &product)) < 1e-12);
    }

    #[test]
    fn property_col2im_is_the_transpose_of_im2col(seed in 0..100_000u64) {
        let (x, w, options) = problem(seed);
        let window = options.window("test", [x.dim(2), x.dim(3)], [w.dim(2), w.dim(3)]);
        let [height, width] = window.output();
        let (channels, image) = (x.dim(1), x.narrow(0, 0, 1).copy());
        let columns = random(&[channels * window.kernel[0] * window.kernel[1], height * width], seed + 2);
        let mut patches = columns.zeros_like();
        im2col(image.data(), channels, &window, patches.data_mut());
        let mut back = image.zeros_like();
        col2im(columns.data(), channels, &window, back.data_mut());
        let (one, other) = (inner(&patches, &columns), inner(&image, &back));
        prop_assert!((one - other).abs() < 1e-10 * (1.0 + one.abs()));
    }

    #[test]
    fn property_max_pool2d_grows_with_its_input(options in window(), seed in 0..1000u64, shift in -3.0..3.0f64) {
        let x = random(&[2, 2, 6, 7], seed);
        let (y, _) = max_pool2d(&x, options);
        // Moving everything moves the maxima by as much; raising some numbers lowers none.
        let (moved, _) = max_pool2d(&(&x + shift), options);
        prop_assert!(largest(&(moved - &(&y + shift))) < 1e-12);
        let raised = &x + &random(x.shape(), seed + 1).abs();
        prop_assert!((max_pool2d(&raised, options).0 - &y).iter().all(|difference| difference >= 0.0));
    }

    #[test]
    fn property_max_pool2d_backward_hands_on_every_gradient(options in window(), seed in 0..1000u64) {
        let x = random(&[2, 2, 6, 7], seed);
        let (y, places) = max_pool2d(&x, options);
        let g = random(y.shape(), seed + 1);
        let dx = max_pool2d_backward(&g, &places, x.shape(), options);
        prop_assert!((dx.sum_all() - g.sum_all()).abs() < 1e-10);
        // Where no change is so large that another number becomes the largest, pooling is linear: y moves by <dx, z>.
        let z = random(x.shape(), seed + 2) * 1e-7;
        let moved = max_pool2d(&(&x + &z), options).0 - &y;
        prop_assert!((inner(&moved, &g) - inner(&dx, &z)).abs() < 1e-12);
    }

    #[test]
    fn property_avg_pool2d_backward_is_the_adjoint(options in window(), seed in 0..1000u64) {
        let x = random(&[2, 2, 6, 7], seed);
        let y = avg_pool2d(&x, options);
        let g = random(y.shape(), seed + 1);
        let dx = avg_pool2d_backward(&g, x.shape(), options);
        prop_assert!((inner(&y, &g) - inner(&x, &dx)).abs() < 1e-10);
        // A constant image stays one, but for windows that reach into the padding.
        if options.padding == [0, 0] {
            let flat = avg_pool2d(&(x.zeros_like() + 2.5), options);
            prop_assert!(largest(&(flat - 2.5)) < 1e-12);
        }
    }

    #[test]
    fn property_global_avg_pool_backward_is_the_adjoint(seed in 0..1000u64) {
        let x = random(&[2, 3, 4, 5], seed);
        let (y, g) = (global_avg_pool(&x), random(&[2, 3, 1, 1], seed + 1));
        let dx = global_avg_pool_backward(&g, x.shape());
        prop_assert!((inner(&y, &g) - inner(&x, &dx)).abs() < 1e-10);
        let whole = avg_pool2d(&x, Pool2dOptions { kernel: [4, 5], stride: [1, 1], padding: [0, 0] });
        prop_assert!(largest(&(whole - &y)) < 1e-12);
    }

    #[test]
    fn property_relu_is_homogeneous_and_idempotent(seed in 0..1000u64, scale in 0.1..10.0f64) {
        let (x, g, mut layer) = (random(&[3, 7], seed), random(&[3, 7], seed + 1), Relu::new());
        let y = layer.forward(x.clone());
        prop_assert!(largest(&(layer.infer(&x * scale) - &(&y * scale))) < 1e-12 && layer.infer(y.clone()) == y);
        // f(x) = f'(x) x, so <y, g> = <x, f'(x) g>.
        prop_assert!((inner(&y, &g) - inner(&layer.backward(g.clone()), &x)).abs() < 1e-12);
    }
}

/// The weights of a small SmallCNN after three steps on 20 images, as bits: more images than a task sums over, and widths for
/// every path.
fn train(threads: usize) -> Vec<u32> {
    let mut rng = Rng::new(0, "threads");
    let mut model = small_cnn(3, 10, 8, 0.4, 0);
    let x = Tensor::normal([20, 3, 32, 32], 0.0, 1.0, &mut rng);
    let labels = Array::<i64>::from_fn([20], |_| rng.below(10) as i64);
    let loss = CrossEntropy::default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        for _ in 0..3 {
            zero_grad(&mut model);
            let y = model.forward(x.clone());
            model.backward(loss.backward(&Tensor::scalar(1.0), &y, &labels));
            sgd_step(&mut model, 0.1);
        }
    });
    let mut bits = Vec::new();
    for_each_param(&mut model, |_, param| bits.extend(param.value.iter().map(f32::to_bits)));
    bits
}

#[test]
fn training_gives_the_same_bits_on_any_number_of_threads() {
    let one = train(1);
    let mut start = Vec::new();
    for_each_param(&mut small_cnn(3, 10, 8, 0.4, 0), |_, p| start.extend(p.value.iter().map(f32::to_bits)));
    assert!(one.iter().zip(&start).filter(|(a, b)| a != b).count() * 2 > one.len(), "the weights must move");
    for threads in [2, 3, 8] {
        assert!(train(threads) == one, "{threads} threads give other bits than one");
    }
}

#[test]
fn strided_convolutions_give_the_same_bits_on_any_number_of_threads() {
    let (x, w) = (random(&[20, 4, 9, 11], 0), random(&[6, 4, 3, 3], 1));
    let options = Conv2dOptions { stride: [2, 2], padding: [1, 1], ..Conv2dOptions::default() };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let y = conv2d(&x, &w, None, options);
            let (dx, dw) = conv2d_backward(&y, &x, &w, options);
            [y, dx, dw].map(|array| array.iter().map(f64::to_bits).collect::<Vec<_>>())
        })
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        assert!(run(threads) == one, "{threads} threads give other bits than one");
    }
}

#[test]
fn nothing_is_lost_of_nan_and_infinity() {
    // 0 times infinity is NaN, whatever the path: nobody may skip a weight because it is 0.
    for shape in [[1, 1, 4, 16], [1, 1, 4, 8], [1, 1, 5, 7]] {
        let mut x = Tensor::zeros(shape);
        x[[0, 0, 1, 2]] = f32::INFINITY;
        let y = conv2d(
            &x,
            &Tensor::zeros([1, 1, 3, 3]),
            None,
            Conv2dOptions { padding: [1, 1], ..Conv2dOptions::default() },
        );
        assert_eq!(y.iter().filter(|y| y.is_nan()).count(), 9, "{shape:?}");
    }
}

#[test]
fn no_images_and_no_channels_are_fine() {
    let options = Conv2dOptions { padding: [1, 1], ..Conv2dOptions::default() };
    let (x, w) = (Tensor::ones([0, 2, 8, 8]), Tensor::ones([3, 2, 3, 3]));
    let y = conv2d(&x, &w, None, options);
    assert_eq!(*y.shape(), [0, 3, 8, 8]);
    let (dx, dw) = conv2d_backward(&y, &x, &w, options);
    assert!(*dx.shape() == [0, 2, 8, 8] && dw == Tensor::zeros([3, 2, 3, 3]));
    // No input channels: every sum is empty.
    let y =
        conv2d(&Tensor::ones([2, 0, 8, 8]), &Tensor::ones([3, 0, 3, 3]), Some(&Tensor::ones([3])), options);
    assert_eq!(y, Tensor::ones([2, 3, 8, 8]));
    assert_eq!(
        *conv2d(&Tensor::ones([2, 1, 8, 8]), &Tensor::ones([0, 1, 3, 3]), None, options).shape(),
        [2, 0, 8, 8]
    );
    // Images without a row, and so much padding that there are positions: every sum is of zeros.
    let (x, w) = (Tensor::ones([2, 1, 0, 8]), Tensor::ones([3, 1, 1, 3]));
    let options = Conv2dOptions { padding: [8, 1], ..options };
    let y = conv2d(&x, &w, Some(&Tensor::ones([3])), options);
    assert_eq!(y, Tensor::ones([2, 3, 16, 8]));
    let (dx, dw) = conv2d_backward(&y, &x, &w, options);
    assert!(*dx.shape() == [2, 1, 0, 8] && dw == Tensor::zeros([3, 1, 1, 3]));
}

fn message(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
    std::panic::catch_unwind(run)
        .expect_err("must be refused")
        .downcast_ref::<String>()
        .expect("a text")
        .clone()
}

#[test]
fn what_does_not_fit_is_named() {
    let one = Conv2dOptions::default();
    let x = || Tensor::ones([2, 3, 5, 5]);
    for (run, want) in [
        (
            Box::new(|| drop(conv2d(&x(), &Tensor::ones([4, 2, 3, 3]), None, one)))
                as Box<dyn FnOnce() + std::panic::UnwindSafe>,
            "conv2d: input [2, 3, 5, 5] and weight [4, 2, 3, 3] are not [batch, in, height, width] and [out, in, height, width]",
        ),
        (
            Box::new(|| drop(conv2d(&x(), &Tensor::ones([4, 3, 6, 3]), None, one))),
            "conv2d: a kernel of [6, 3] on an image of [5, 5] with padding [0, 0]",
        ),
        (
            Box::new(|| drop(conv2d(&x(), &Tensor::ones([4, 3, 3, 3]), Some(&Tensor::ones([1])), one))),
            "conv2d: a bias of shape [1] for 4 output channels",
        ),
        (
            Box::new(|| drop(conv2d_backward(&x(), &x(), &Tensor::ones([3, 3, 3, 3]), one))),
            "conv2d_backward: a gradient of shape [2, 3, 5, 5] for an output of [2, 3, 3, 3]",
        ),
        (
            Box::new(|| {
                drop(conv2d(&x(), &Tensor::ones([4, 3, 3, 3]), None, Conv2dOptions { stride: [0, 1], ..one }))
            }),
            "conv2d: a kernel of [3, 3] with stride [0, 1] does not move",
        ),
        (
            Box::new(|| {
                drop(max_pool2d(&x(), Pool2dOptions { kernel: [2, 2], stride: [2, 2], padding: [2, 0] }))
            }),
            "max_pool2d: padding [2, 0] is more than half of the window [2, 2]",
        ),
        (
            Box::new(|| drop(max_pool2d(&Tensor::ones([1, 1, 40, 40]), Pool2dOptions::square(17)))),
            "max_pool2d: a window of [17, 17] has more than 256 numbers",
        ),
        (
            Box::new(|| drop(Conv2d::from_parts(Tensor::ones([2, 1, 3, 3]), None, one).backward(x()))),
            "Conv2d::backward: no forward call to go back through",
        ),
        (
            Box::new(|| drop(Layer::<f32>::backward(&mut MaxPool2d::new(Pool2dOptions::square(2)), x()))),
            "MaxPool2d::backward: no forward call to go back through",
        ),
    ] {
        assert_eq!(message(run), want);
    }
}

#[test]
fn what_was_released_and_restored_gives_the_same_gradients() {
    let rng = &mut Rng::new(0, "release");
    let same_size = Conv2dOptions { padding: [1, 1], ..Conv2dOptions::default() };
    let mut layer = Conv2d::new(2, 3, 3, same_size, rng).to_f64();
    let (x, g) = (random(&[2, 2, 5, 4], 1), random(&[2, 3, 5, 4], 2));
    let mut relu = Relu::new();
    let mut step = |release: bool| {
        zero_grad(&mut layer);
        relu.forward(layer.forward(x.clone()));
        if release {
            let (input, output) = (layer.release(), relu.release());
            assert!(input == x);
            layer.restore(input);
            relu.restore(output);
        }
        let dx = layer.backward(relu.backward(g.clone()));
        (dx, layer.weight.grad.copy())
    };
    assert!(step(true) == step(false));
}

#[test]
#[should_panic(expected = "Conv2d::release: no forward call to go back through")]
fn nothing_to_release_is_refused() {
    Conv2d::new(2, 3, 3, Conv2dOptions::default(), &mut Rng::new(0, "release")).release();
}
