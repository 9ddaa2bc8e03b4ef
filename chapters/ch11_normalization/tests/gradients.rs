//! Gradient checks, laws, and the f32 path against a plain f64 one.

use ch01_tensors::{Array, Float, Rng, Tensor};
use ch05_backprop::{Layer, gradcheck};
use ch11_normalization::{BatchNorm2d, LayerNorm, moments};
use proptest::prelude::*;

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

/// Random gain and shift: with gain 1 and shift 0 many mistakes would not show.
fn layer_norm(size: usize, seed: u64) -> LayerNorm<f64> {
    LayerNorm::from_parts(random(&[size], seed), random(&[size], seed + 1), 1e-5)
}

fn largest(x: &Array<f64>) -> f64 {
    x.iter().fold(0.0, |largest, x| largest.max(x.abs()))
}

#[test]
fn gradcheck_layer_norm() {
    for (seed, shape) in
        [&[4, 5][..], &[1, 7], &[2, 3, 6], &[8], &[0, 3], &[5, 33], &[3, 1]].iter().enumerate()
    {
        let size = *shape.last().unwrap();
        gradcheck(&mut layer_norm(size, 10 + seed as u64), &random(shape, seed as u64));
    }
    // A transposed view of the input is as good as a contiguous one.
    gradcheck(&mut layer_norm(4, 30), &random(&[4, 5], 31).t());
}

#[test]
fn rows_come_out_with_mean_0_and_variance_1() {
    let x = &random(&[40, 300], 1) * 7.0 + 3.0;
    let y = LayerNorm::new(300).to_f64().infer(x);
    for row in y.data().chunks(300) {
        let (mean, variance) = moments(row);
        assert!(mean.abs() < 1e-12 && (variance - 1.0).abs() < 1e-6, "mean {mean}, variance {variance}");
    }
}

/// The one-pass formula for the variance goes wrong far from 0; ours does not.
#[test]
fn moments_are_right_far_from_zero() {
    let mut rng = Rng::new(2, "row");
    let x: Vec<f32> = (0..1000).map(|_| 10_000.0 + rng.normal() as f32).collect();
    let wide: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
    let ((mean, variance), (mean64, variance64)) = (moments(&x), moments(&wide));
    // The mean is off by less than a step of f32 at 10000, which is 2^-10; its square enters the variance.
    assert!((f64::from(mean) - mean64).abs() < 1e-3);
    assert!((f64::from(variance) - variance64).abs() < 1e-5 * variance64);
    let one_pass = x.iter().map(|x| x * x).sum::<f32>() / 1000.0 - mean * mean;
    assert!((f64::from(one_pass) - variance64).abs() > 0.5 * variance64, "one pass gives {one_pass}");
}

#[test]
#[should_panic(expected = "LayerNorm: input of shape [2, 5] does not end in an axis of 4")]
fn inputs_of_another_size_are_refused() {
    LayerNorm::new(4).forward(Tensor::ones([2, 5]));
}

#[test]
#[should_panic(expected = "LayerNorm::backward: no forward call to go back through")]
fn backward_without_forward_is_refused() {
    LayerNorm::new(4).backward(Tensor::ones([2, 4]));
}

#[test]
#[should_panic(expected = "LayerNorm::backward: a gradient of shape [4] for values of shape [1, 4]")]
fn gradients_of_another_shape_are_refused() {
    let mut layer = LayerNorm::new(4);
    layer.forward(Tensor::ones([1, 4]));
    layer.backward(Tensor::ones([4]));
}

#[test]
#[should_panic(expected = "gain [0] and shift [0] are not [size] both, or the size is 0")]
fn a_layer_of_no_features_is_refused() {
    LayerNorm::new(0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// `LN(a x + c) = LN(x)` for a > 0, row by row, up to what eps changes.
    #[test]
    fn property_layer_norm_does_not_see_scale_and_offset(rows in 1..5usize, size in 2..40usize, seed in 0..1000u64,
                                                          a in 0.1..10.0f64, c in -10.0..10.0f64) {
        let mut layer = layer_norm(size, seed);
        layer.eps = 0.0;
        let x = random(&[rows, size], seed);
        let other = layer.infer(&x * a + c) - layer.infer(x);
        prop_assert!(largest(&other) < 1e-9, "off by {}", largest(&other));
    }

    /// Moving a row's mean or spread changes nothing, so the gradient has no part in these directions: Σ dx = 0, and
    /// Σ dx x = 0 without eps.
    #[test]
    fn property_layer_norm_gradient_has_no_mean_and_no_spread(rows in 1..5usize, size in 3..40usize, seed in 0..1000u64) {
        let mut layer = layer_norm(size, seed);
        layer.eps = 0.0;
        let x = random(&[rows, size], seed);
        layer.forward(x.clone());
        let dx = layer.backward(random(&[rows, size], seed + 5));
        let scale = 1.0 + largest(&dx) * size as f64;
        prop_assert!(largest(&dx.sum(1, false)) < 1e-11 * scale);
        prop_assert!(largest(&(&dx * &x).sum(1, false)) < 1e-11 * scale * (1.0 + largest(&x)));
    }

    /// Rows do not see each other.
    #[test]
    fn property_layer_norm_rows_stand_alone(rows in 2..6usize, size in 1..20usize, seed in 0..1000u64) {
        let layer = layer_norm(size, seed);
        let x = random(&[rows, size], seed);
        let each = x.clone().reshape([rows, 1, size]);
        let one: Vec<f64> = (0..rows).flat_map(|row| {
            layer.infer(each.index_select(0, &Array::from([row as i64]))).to_vec()
        }).collect();
        prop_assert_eq!(layer.infer(x).to_vec(), one);
    }

    /// `<f(x + tz) - f(x - tz), g> / 2t = <z, f'(x)ᵀ g>`.
    #[test]
    fn property_layer_norm_is_the_adjoint_of_its_derivative(rows in 1..5usize, size in 2..20usize, seed in 0..1000u64) {
        let mut layer = layer_norm(size, seed);
        layer.eps = 0.1;
        let [x, z, g] = [0, 1, 2].map(|i| random(&[rows, size], 3 * seed + i));
        let t = 1e-6;
        let moved = layer.infer(&x + &(&z * t)) - layer.infer(&x - &(&z * t));
        let forward = (moved * &g).sum_all() / (2.0 * t);
        layer.forward(x);
        let backward = (layer.backward(g) * &z).sum_all();
        // Central differences with t = 1e-6 leave about 1e-10 of rounding relative to the size of the outputs.
        prop_assert!((forward - backward).abs() <= 1e-6 * (1.0 + forward.abs()), "{forward}, {backward}");
    }
}

/// LayerNorm as its formulas say, a row at a time: output, and the gradients of input, gain and shift.
fn plain(x: &Array<f64>, g: &Array<f64>, gain: &[f64], shift: &[f64], eps: f64) -> [Vec<f64>; 4] {
    let n = gain.len();
    let (mut y, mut dx, mut dgain, mut dshift) = (Vec::new(), Vec::new(), vec![0.0; n], vec![0.0; n]);
    for (x, g) in x.data().chunks(n).zip(g.data().chunks(n)) {
        let mean = x.iter().sum::<f64>() / n as f64;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        let r = 1.0 / (variance + eps).sqrt();
        let xh: Vec<f64> = x.iter().map(|x| (x - mean) * r).collect();
        let h: Vec<f64> = (0..n).map(|j| g[j] * gain[j]).collect();
        let mean_h = h.iter().sum::<f64>() / n as f64;
        let along = (0..n).map(|j| h[j] * xh[j]).sum::<f64>() / n as f64;
        y.extend((0..n).map(|j| gain[j] * xh[j] + shift[j]));
        dx.extend((0..n).map(|j| r * (h[j] - mean_h - xh[j] * along)));
        (0..n).for_each(|j| dgain[j] += g[j] * xh[j]);
        (0..n).for_each(|j| dshift[j] += g[j]);
    }
    [y, dx, dgain, dshift]
}

/// f32 carries 24 bits; a sum of k terms of order 1 is off by about sqrt(k) 2^-24 sqrt(k). Gains are summed over up to
/// 700 rows, so that 5e-6 of the largest value, and of the sum of sizes, leaves a factor of ten.
#[track_caller]
fn close<T: Float>(what: &str, fast: &Array<T>, plain: &[f64], terms: f64) {
    assert_eq!(fast.size(), plain.len(), "{what}");
    for (i, (a, b)) in fast.iter().zip(plain).enumerate() {
        assert!(
            (a.to_f64() - b).abs() <= 5e-6 * (1.0 + b.abs() + terms.sqrt()),
            "{what}, element {i}: {a} {b}"
        );
    }
}

#[test]
fn fast_layer_norm_against_plain() {
    for seed in 0..30 {
        let mut rng = Rng::new(seed, "shapes");
        // Some are large enough for several groups of rows and several threads.
        let (rows, size) = (1 + rng.below(700), 1 + rng.below(300));
        let x = Tensor::normal([rows, size], 0.5, 2.0, &mut rng);
        let [gain, shift] = [0; 2].map(|_| Tensor::normal([size], 0.0, 1.0, &mut rng));
        let g = Tensor::normal([rows, size], 0.0, 1.0, &mut rng);
        let eps = 1e-5;
        // With one or two features every row is nearly constant at times, and r is as large as 1 / sqrt(eps).
        if size < 3 {
            continue;
        }
        let [y, dx, dgain, dshift] =
            plain(&x.to_f64(), &g.to_f64(), gain.to_f64().data(), shift.to_f64().data(), eps);
        let mut layer = LayerNorm::from_parts(gain, shift, eps);
        close("infer", &layer.infer(x.clone()), &y, 0.0);
        close("forward", &layer.forward(x), &y, 0.0);
        close("input gradient", &layer.backward(g), &dx, 0.0);
        close("gain gradient", &layer.weight.grad, &dgain, rows as f64);
        close("shift gradient", &layer.bias.grad, &dshift, rows as f64);
    }
}

#[test]
fn the_same_bits_come_out_on_any_number_of_threads() {
    let run = |threads: usize| {
        let mut rng = Rng::new(0, "threads");
        let (x, images) = (
            Tensor::normal([3000, 65], 0.0, 1.0, &mut rng),
            Tensor::normal([9, 17, 21, 19], 0.0, 1.0, &mut rng),
        );
        let (mut rows, mut channels) = (LayerNorm::new(65), BatchNorm2d::new(17));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut found = vec![rows.forward(x.clone()), channels.forward(images.clone())];
            found.extend([rows.backward(x), channels.backward(images.clone()), channels.infer(images)]);
            found.extend([rows.weight.grad, rows.bias.grad, channels.weight.grad, channels.bias.grad]);
            found.extend([channels.running_mean, channels.running_var]);
            found.iter().flat_map(|a| a.iter().map(f32::to_bits)).collect::<Vec<u32>>()
        })
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        assert!(run(threads) == one, "{threads} threads give other bits than one");
    }
}

#[test]
fn a_constant_row_gives_the_shift() {
    let mut layer = LayerNorm::from_parts(Tensor::ones([3]), Tensor::from([1.0, 2.0, 3.0]), 1e-5);
    assert_eq!(layer.forward(Tensor::full([2, 3], 5.0)), Tensor::from([[1.0, 2.0, 3.0]; 2]));
    assert!(layer.backward(Tensor::ones([2, 3])).iter().all(f32::is_finite));
}
