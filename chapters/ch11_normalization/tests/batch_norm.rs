//! Batch normalisation: the gradient check, laws, the f32 path against the f64 one and both against the definition.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, gradcheck};
use ch11_normalization::BatchNorm2d;
use proptest::prelude::*;

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.5, 2.0, &mut Rng::new(seed, "input"))
}

/// A layer with random gains and shifts.
fn layer(channels: usize, seed: u64) -> BatchNorm2d<f64> {
    let mut rng = Rng::new(seed, "layer");
    let mut layer = BatchNorm2d::new(channels);
    layer.weight.value = Array::normal([channels], 1.0, 0.3, &mut rng);
    layer.bias.value = Array::normal([channels], 0.0, 0.3, &mut rng);
    layer
}

/// The formulas of the file, one number at a time: output, mean and variance.
fn plain(layer: &BatchNorm2d<f64>, x: &Array<f64>) -> (Array<f64>, Vec<f64>, Vec<f64>) {
    let m = (x.size() / x.dim(1)) as f64;
    let of = |channel: usize, f: &dyn Fn(f64) -> f64| x.narrow(1, channel, 1).iter().map(f).sum::<f64>() / m;
    let mean: Vec<f64> = (0..x.dim(1)).map(|c| of(c, &|x| x)).collect();
    let var: Vec<f64> = (0..x.dim(1)).map(|c| of(c, &|x| (x - mean[c]).powi(2))).collect();
    let y = Array::from_fn(*x.shape(), |i| {
        let c = i[1];
        let normal = (x[[i[0], c, i[2], i[3]]] - mean[c]) / (var[c] + layer.eps).sqrt();
        layer.weight.value[[c]] * normal + layer.bias.value[[c]]
    });
    (y, mean, var)
}

#[test]
fn gradcheck_batch_norm2d() {
    for shape in [[2, 3, 2, 2], [4, 1, 1, 3], [1, 2, 5, 4], [3, 2, 1, 1], [2, 2, 4, 5]] {
        gradcheck(&mut layer(shape[1], 0), &random(&shape, 1));
    }
}

/// f32 carries 24 bits; a mean over m numbers of size 2 in sixteen lanes is off by less than 1e-6, and the division by the
/// deviation, which is about 2, does not enlarge it: 1e-5 leaves a factor of ten. Gradients of the gain are sums of m
/// terms, so their error may grow with sqrt(m) times that.
#[test]
fn fast_batch_norm2d_against_plain() {
    let shapes = [[8, 3, 9, 7], [2, 40, 4, 4], [3, 5, 1, 1], [70, 2, 32, 32], [5, 17, 8, 8]];
    for (seed, shape) in shapes.into_iter().enumerate() {
        fast_against_plain(&random(&shape, seed as u64).to_f32(), seed as u64);
    }
}

fn fast_against_plain(x: &Tensor, seed: u64) {
    let channels = x.dim(1);
    let mut wide = layer(channels, seed);
    let mut fast = BatchNorm2d::<f32>::new(channels);
    fast.weight.value = wide.weight.value.to_f32();
    fast.bias.value = wide.bias.value.to_f32();
    wide.weight.value = fast.weight.value.to_f64();
    wide.bias.value = fast.bias.value.to_f64();
    let close = |what: &str, a: &Tensor, b: &Array<f64>, tol: f64| {
        assert_eq!(a.shape(), b.shape(), "{what}");
        for (i, (a, b)) in a.iter().zip(b.iter()).enumerate() {
            assert!((f64::from(a) - b).abs() <= tol * (1.0 + b.abs()), "{what}, {i}: {a} in f32, {b}");
        }
    };
    let y = plain(&wide, &x.to_f64()).0;
    close("output", &fast.forward(x.clone()), &y, 1e-5);
    let wide_y = wide.forward(x.to_f64());
    assert!((wide_y - &y).abs().max(.., false).item() < 1e-12, "the f64 path against the definition");
    let g = Tensor::normal(*x.shape(), 0.0, 1.0, &mut Rng::new(seed, "g"));
    close("input gradient", &fast.backward(g.clone()), &wide.backward(g.to_f64()), 1e-5);
    let root = ((x.size() / channels) as f64).sqrt();
    close("gain", &fast.weight.grad, &wide.weight.grad, 1e-5 * root.max(1.0));
    close("shift", &fast.bias.grad, &wide.bias.grad, 1e-5 * root.max(1.0));
    close("running mean", &fast.running_mean, &wide.running_mean, 1e-5);
    close("running variance", &fast.running_var, &wide.running_var, 1e-5);
    close("inference", &fast.infer(x.clone()), &wide.infer(x.to_f64()), 1e-5);
}

#[test]
fn a_large_mean_costs_no_precision() {
    // A single pass with sum x² - m mean² would lose everything here: 1000² has no digits left for a variance of 1.
    let x = Tensor::normal([4, 1, 16, 16], 1000.0, 1.0, &mut Rng::new(0, "far"));
    let y = BatchNorm2d::new(1).forward(x.clone());
    let (want, ..) = plain(&BatchNorm2d::new(1), &x.to_f64());
    // x itself is rounded to 2^-14 at 1000; the difference to the mean is then exact but for the mean's own rounding,
    // of 2^-15 at most.
    assert!((y.to_f64() - want).abs().max(.., false).item() < 4e-5);
}

#[test]
fn running_statistics_follow_their_formula() {
    let mut layer = layer(2, 3);
    let (mut mean, mut var) = ([0.0; 2], [1.0; 2]);
    for seed in 0..3 {
        let x = random(&[3, 2, 2, 3], seed);
        layer.forward(x.clone());
        let (_, m, v) = plain(&layer, &x);
        for c in 0..2 {
            mean[c] = 0.9 * mean[c] + 0.1 * m[c];
            var[c] = 0.9 * var[c] + 0.1 * v[c] * 18.0 / 17.0;
            assert!((layer.running_mean[[c]] - mean[c]).abs() < 1e-12);
            assert!((layer.running_var[[c]] - var[c]).abs() < 1e-12);
        }
    }
    let x = random(&[1, 2, 1, 1], 9);
    let y = layer.infer(x.clone());
    for c in 0..2 {
        let normal = (x[[0, c, 0, 0]] - mean[c]) / (var[c] + 1e-5).sqrt();
        let want = layer.weight.value[[c]] * normal + layer.bias.value[[c]];
        assert!((y[[0, c, 0, 0]] - want).abs() < 1e-12, "inference uses the running statistics");
    }
}

#[test]
fn several_uses_in_a_step_are_gone_back_through_in_reverse() {
    let mut layer = layer(2, 4);
    let (a, b) = (random(&[2, 2, 3, 3], 5), random(&[3, 2, 3, 3], 6));
    let (ga, gb) = (random(&[2, 2, 3, 3], 7), random(&[3, 2, 3, 3], 8));
    layer.forward(a.clone());
    let da = layer.backward(ga.clone());
    layer.forward(b.clone());
    let db = layer.backward(gb.clone());
    let grad = layer.weight.grad.copy();
    layer.weight.zero_grad();
    layer.forward(a);
    layer.forward(b);
    assert_eq!(layer.backward(gb), db);
    assert_eq!(layer.backward(ga), da);
    assert!((&layer.weight.grad - &grad).abs().max(.., false).item() < 1e-12, "gradients add up");
}

#[test]
fn an_output_again_has_the_bits_of_the_first() {
    let mut layer = layer(5, 4);
    let (a, b) = (random(&[7, 5, 40, 33], 5), random(&[3, 5, 3, 3], 6));
    let (ya, yb) = (layer.forward(a), layer.forward(b));
    assert!(layer.output_again() == yb);
    layer.backward(yb);
    assert!(layer.output_again() == ya && layer.output_again() == ya);
}

#[test]
#[should_panic(expected = "BatchNorm2d::output_again: no forward call to go back through")]
fn an_output_again_without_forward_is_refused() {
    let _ = BatchNorm2d::<f32>::new(3).output_again();
}

#[test]
#[should_panic(expected = "BatchNorm2d: [2, 4, 3, 3] is not [batch, 3, height, width]")]
fn other_channels_are_refused() {
    BatchNorm2d::<f32>::new(3).forward(Tensor::ones([2, 4, 3, 3]));
}

#[test]
#[should_panic(expected = "BatchNorm2d: training needs two numbers for each channel: [1, 3, 1, 1]")]
fn one_number_has_no_variance() {
    BatchNorm2d::<f32>::new(3).forward(Tensor::ones([1, 3, 1, 1]));
}

#[test]
#[should_panic(expected = "BatchNorm2d::backward: no forward call to go back through")]
fn backward_without_forward_is_refused() {
    BatchNorm2d::<f32>::new(3).backward(Tensor::ones([2, 3, 1, 1]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Any shape with at least eight numbers for each channel (of fewer the variance may be nearly 0, which makes errors as
    /// large as one likes), as it lies in memory, and as a view of a transposed array.
    #[test]
    fn fast_batch_norm2d_against_plain_at_any_shape(
        images in 1..6usize, channels in 1..6usize, height in 1..14usize, width in 1..20usize, seed in 0..1000u64,
        transposed: bool,
    ) {
        prop_assume!(images * height * width >= 8);
        let x = if transposed {
            random(&[images, width, height, channels], seed).to_f32().transpose(1, 3)
        } else {
            random(&[images, channels, height, width], seed).to_f32()
        };
        fast_against_plain(&x, seed);
    }

    #[test]
    fn property_batch_norm2d_forgets_scale_and_shift(
        n in 2..5usize, c in 1..4usize, h in 1..5usize, scale in 0.5..5.0f64, shift in -5.0..5.0f64, seed in 0..1000u64
    ) {
        let mut layer = layer(c, seed);
        layer.eps = 0.0;
        let x = random(&[n, c, h, 3], seed);
        let moved = layer.forward(&x * scale + shift);
        let difference = (moved - layer.forward(x)).abs().max(.., false).item();
        prop_assert!(difference < 1e-9, "{difference}");
    }

    #[test]
    fn property_batch_norm2d_gradient_has_no_mean_and_none_along_the_output(
        n in 2..5usize, c in 1..4usize, h in 1..5usize, seed in 0..1000u64
    ) {
        let mut layer = layer(c, seed);
        layer.eps = 0.0;
        let x = random(&[n, c, h, 3], seed);
        layer.forward(x.clone());
        let dx = layer.backward(random(&[n, c, h, 3], seed + 1));
        let along = (&dx * &x).sum(&[0, 2, 3][..], false).abs().max(.., false).item();
        let mean = dx.sum(&[0, 2, 3][..], false).abs().max(.., false).item();
        prop_assert!(mean < 1e-9 && along < 1e-9, "{mean} {along}");
    }

    #[test]
    fn property_batch_norm2d_does_not_see_the_order_of_the_images(c in 1..4usize, seed in 0..1000u64) {
        let mut layer = layer(c, seed);
        let x = random(&[4, c, 2, 3], seed);
        let order = Array::<i64>::from([2, 0, 3, 1]);
        let (y, shuffled) = (layer.forward(x.clone()), layer.forward(x.index_select(0, &order)));
        let difference = (y.index_select(0, &order) - shuffled).abs().max(.., false).item();
        prop_assert!(difference < 1e-12, "{difference}");
    }
}
