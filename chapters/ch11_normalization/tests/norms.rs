//! GroupNorm, InstanceNorm, RMSNorm, weight norm, BatchNorm of vectors, and recalibration: gradient checks, laws, and the f32
//! paths against f64.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, Linear, Module, assert_close, assert_fast, for_each_param, gradcheck};
use ch07_modules::Sequential;
use ch11_normalization::{
    BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm, LayerNorm, RmsNorm, WeightNormLinear, long_moments,
    recalibrate, weight_norm, weight_norm_backward,
};
use proptest::prelude::*;

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.5, 2.0, &mut Rng::new(seed, "input"))
}

fn largest(x: &Array<f64>) -> f64 {
    x.iter().fold(0.0, |largest, x| largest.max(x.abs()))
}

/// The layer with random parameters: with gain 1 and shift 0 many mistakes would not show.
fn randomly<L: Module<f64>>(mut layer: L, seed: u64) -> L {
    let rng = &mut Rng::new(seed, "parameters");
    for_each_param(&mut layer, |_, param| param.value = Array::normal(*param.value.shape(), 0.8, 0.5, rng));
    layer
}

fn group_norm(groups: usize, channels: usize, seed: u64) -> GroupNorm<f64> {
    randomly(GroupNorm::new(groups, channels), seed)
}

fn rms_norm(size: usize, seed: u64) -> RmsNorm<f64> {
    randomly(RmsNorm::from_parts(Array::ones([size]), 1e-5), seed)
}

fn weight_norm_linear(inputs: usize, outputs: usize, seed: u64) -> WeightNormLinear<f64> {
    randomly(WeightNormLinear::new(inputs, outputs, &mut Rng::new(seed, "init")).to_f64(), seed)
}

/// Gives the fast layer the plain one's parameters, rounded, and the plain one the rounded ones.
fn same_parameters(plain: &mut dyn Module<f64>, fast: &mut dyn Module<f32>) {
    let mut values = Vec::new();
    for_each_param(plain, |_, param| {
        let rounded = param.value.to_f32();
        param.value = rounded.to_f64();
        values.push(rounded);
    });
    let mut values = values.into_iter();
    for_each_param(fast, |_, param| param.value = values.next().expect("as many parameters"));
}

#[test]
fn gradcheck_group_norm() {
    for (groups, shape) in
        [(1, &[2, 4, 3, 3][..]), (2, &[3, 6, 5]), (4, &[2, 4, 2, 2]), (3, &[2, 6]), (2, &[0, 4, 3])]
    {
        gradcheck(&mut group_norm(groups, shape[1], 1), &random(shape, 2));
    }
    gradcheck(&mut GroupNorm::without_affine(2, 4), &random(&[2, 4, 3], 3));
    gradcheck(&mut group_norm(2, 4, 1), &random(&[3, 4, 2], 4).transpose(0, 2));
}

#[test]
fn gradcheck_instance_norm() {
    gradcheck(&mut InstanceNorm::new(3), &random(&[2, 3, 7], 1));
    gradcheck(&mut randomly(InstanceNorm::with_affine(2), 2), &random(&[2, 2, 3, 4], 2));
}

#[test]
fn gradcheck_rms_norm() {
    for shape in [&[4, 5][..], &[2, 3, 6], &[8], &[0, 3], &[5, 33], &[3, 1]] {
        gradcheck(&mut rms_norm(*shape.last().unwrap(), 1), &random(shape, 2));
    }
    gradcheck(&mut rms_norm(4, 3), &random(&[4, 5], 4).t());
}

#[test]
fn gradcheck_batch_norm1d() {
    for shape in [&[5, 3][..], &[2, 4], &[4, 3, 6], &[1, 2, 5]] {
        let mut layer = randomly(BatchNorm1d::<f64>::new(shape[1]), 1);
        gradcheck(&mut layer, &random(shape, 2));
    }
}

#[test]
fn gradcheck_weight_norm_linear() {
    gradcheck(&mut weight_norm_linear(5, 4, 1), &random(&[3, 5], 2));
    gradcheck(&mut weight_norm_linear(3, 1, 1), &random(&[2, 2, 3], 2));
}

#[test]
fn gradcheck_weight_norm() {
    for shape in [&[4, 3][..], &[3, 2, 2, 2], &[5]] {
        let ones: Vec<usize> = (0..shape.len()).map(|axis| if axis == 0 { shape[0] } else { 1 }).collect();
        let (v, g, d) = (random(shape, 1), random(&ones, 2), random(shape, 3));
        let [dv, dg] = weight_norm_backward(d.clone(), &v, &g);
        let loss = |v: &Array<f64>, g: &Array<f64>| (weight_norm(v, g) * &d).sum_all();
        let numeric = ch03_neurons::numerical_gradient(|v| loss(v, &g), &v);
        ch03_neurons::assert_gradient("v", &dv, &numeric);
        let numeric = ch03_neurons::numerical_gradient(|g| loss(&v, g), &g);
        ch03_neurons::assert_gradient("g", &dg, &numeric);
    }
}

/// What is normalised is of order 1. Gradients of gains are sums of up to a few thousand terms of order 1, whose rounding,
/// about sqrt(terms) 2^-24, stays below 1e-5.
const ROUNDING: f64 = 4e-5;

#[test]
fn fast_group_norm_against_f64() {
    for (groups, shape) in [
        (4, &[3, 8, 17, 19][..]),
        (2, &[40, 32, 8, 8]),
        (1, &[2, 3, 65, 40]),
        (8, &[9, 64]),
        (1, &[1, 2, 129]),
    ] {
        let (mut plain, mut fast) = (group_norm(groups, shape[1], 5), GroupNorm::new(groups, shape[1]));
        same_parameters(&mut plain, &mut fast);
        assert_fast(&mut fast, &mut plain, &random(shape, 6), ROUNDING);
    }
}

#[test]
fn fast_instance_norm_against_f64() {
    for shape in [&[3, 5, 40][..], &[2, 3, 130, 70]] {
        let mut plain = randomly(InstanceNorm::with_affine(shape[1]), 5);
        let mut fast = InstanceNorm::with_affine(shape[1]);
        same_parameters(&mut plain, &mut fast);
        assert_fast(&mut fast, &mut plain, &random(shape, 6), ROUNDING);
    }
}

#[test]
fn fast_rms_norm_against_plain() {
    for (seed, shape) in [[7, 5], [300, 129], [3, 1000], [700, 64]].into_iter().enumerate() {
        let (mut layer, mut fast) = (rms_norm(shape[1], seed as u64), RmsNorm::new(shape[1]));
        fast.eps = layer.eps;
        same_parameters(&mut layer, &mut fast);
        let x = random(&shape, 7);
        assert_fast(&mut fast, &mut layer, &x, ROUNDING);
        // And the f64 path against the definition, a row at a time.
        let y = layer.infer(x.clone());
        for (x, y) in x.data().chunks(shape[1]).zip(y.data().chunks(shape[1])) {
            let root = (x.iter().map(|x| x * x).sum::<f64>() / shape[1] as f64 + layer.eps).sqrt();
            let want = x.iter().zip(layer.weight.value.iter()).map(|(x, gain)| gain * x / root);
            assert!(y.iter().zip(want).all(|(y, want)| (y - want).abs() < 1e-12 * (1.0 + want.abs())));
        }
    }
}

#[test]
fn fast_weight_norm_against_f64() {
    for shape in [[30, 70], [200, 3], [1, 500]] {
        let (v, g) = (random(&shape, 1).to_f32(), random(&[shape[0], 1], 2).to_f32());
        let d = random(&shape, 3).to_f32();
        assert_close("w", &weight_norm(&v, &g), &weight_norm(&v.to_f64(), &g.to_f64()), ROUNDING);
        let [dv, dg] = weight_norm_backward(d.clone(), &v, &g);
        let [dv64, dg64] = weight_norm_backward(d.to_f64(), &v.to_f64(), &g.to_f64());
        assert_close("dv", &dv, &dv64, ROUNDING);
        assert_close("dg", &dg, &dg64, ROUNDING);
    }
}

#[test]
fn fast_weight_norm_linear_against_f64() {
    let (mut plain, mut fast) =
        (weight_norm_linear(40, 30, 8), WeightNormLinear::new(40, 30, &mut Rng::new(0, "init")));
    same_parameters(&mut plain, &mut fast);
    assert_fast(&mut fast, &mut plain, &random(&[50, 40], 9), ROUNDING);
}

#[test]
fn fast_batch_norm1d_against_f64() {
    for shape in [&[64, 100][..], &[9, 7, 50]] {
        let (mut plain, mut fast) =
            (randomly(BatchNorm1d::<f64>::new(shape[1]), 1), BatchNorm1d::new(shape[1]));
        same_parameters(&mut plain, &mut fast);
        assert_fast(&mut fast, &mut plain, &random(shape, 10), ROUNDING);
        assert_close("running", &fast.inner.running_var, &plain.inner.running_var, ROUNDING);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let run = |threads: usize| {
        let x = Tensor::normal([9, 12, 21, 19], 0.0, 1.0, &mut Rng::new(0, "threads"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut groups = GroupNorm::<f32>::new(3, 12);
            let mut rows = RmsNorm::new(19);
            let mut found = vec![groups.forward(x.clone()), rows.forward(x.clone())];
            found.extend([groups.backward(x.clone()), rows.backward(x.clone()), rows.weight.grad]);
            found.extend([groups.weight.unwrap().grad, groups.bias.unwrap().grad]);
            found.iter().flat_map(|a| a.iter().map(f32::to_bits)).collect::<Vec<u32>>()
        })
    };
    let one = run(1);
    for threads in [2, 3] {
        assert!(run(threads) == one, "{threads} threads give other bits than one");
    }
}

#[test]
fn one_group_is_layer_norm_and_one_feature_per_row_is_its_sign() {
    let x = random(&[3, 4, 5], 1);
    let groups = GroupNorm::without_affine(1, 4).infer(x.clone());
    let rows = LayerNorm::new(20).to_f64().infer(x.clone().reshape([3, 20])).reshape([3, 4, 5]);
    assert!(largest(&(groups - rows)) < 1e-12);
    // A row of one number is divided by its own size.
    let x = Array::<f64>::from([[3.0], [-0.5], [0.0]]);
    let layer = RmsNorm::from_parts(Array::ones([1]), 0.0);
    assert_eq!(layer.infer(x).to_vec()[..2], [1.0, -1.0]);
}

#[test]
fn a_large_mean_costs_no_precision() {
    // 60 000 numbers around 1000 in f32: each is rounded to 2^-14, whose square adds 1e-9 to a variance of 1.
    let x: Vec<f32> = {
        let mut rng = Rng::new(0, "far");
        (0..60_000).map(|_| 1000.0 + rng.normal() as f32).collect()
    };
    let wide: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
    let ((mean, variance), (mean64, variance64)) = (long_moments(&x), long_moments(&wide));
    assert!((f64::from(mean) - mean64).abs() < 1e-4, "{mean} {mean64}");
    assert!((variance - variance64).abs() < 1e-5, "{variance} {variance64}");
}

/// The running statistics of a first BatchNorm are those of all inputs together, however they are cut into batches.
#[test]
fn recalibration_is_exact() {
    let x = random(&[23, 3, 2, 2], 1);
    let mut layer = BatchNorm2d::<f64>::new(3);
    layer.forward(x.clone());
    let gradient = layer.weight.grad.copy();
    for cut in [23, 8, 5] {
        (layer.running_mean, layer.running_var) = (Array::full([3], 9.0), Array::full([3], 9.0));
        let batches = (0..23usize).step_by(cut).map(|from| x.narrow(0, from, cut.min(23 - from)));
        assert_eq!(recalibrate(&mut layer, batches), 23);
        let numbers = x.clone().transpose(0, 1).reshape([3, 92]);
        let mean = numbers.mean(1, false);
        let unbiased = numbers.var(1, false, 1);
        assert!(largest(&(&layer.running_mean - &mean)) < 1e-12, "batches of {cut}");
        assert!(largest(&(&layer.running_var - &unbiased)) < 1e-12, "batches of {cut}");
    }
    assert_eq!(layer.weight.grad, gradient, "nothing is learned");
    // Afterwards a training step moves them by its share again.
    let before = layer.running_mean.copy();
    layer.forward(x.clone() + 1.0);
    assert!(largest(&(&layer.running_mean - &(before + 0.1))) < 1e-12);
}

#[test]
fn recalibration_reaches_every_layer_and_an_empty_one_changes_nothing() {
    let rng = &mut Rng::new(0, "init");
    let mut model =
        Sequential::new().push(BatchNorm1d::new(4)).push(Linear::new(4, 3, rng)).push(BatchNorm1d::new(3));
    let before = ch07_modules::state_dict(&mut model);
    assert_eq!(recalibrate(&mut model, Vec::<Tensor>::new()), 0);
    assert_eq!(ch07_modules::state_dict(&mut model), before);
    let x = Tensor::normal([50, 4], 3.0, 2.0, rng);
    recalibrate(&mut model, [x.clone()]);
    let state = ch07_modules::state_dict(&mut model);
    for name in ["0.running_mean", "2.running_mean", "0.running_var", "2.running_var"] {
        assert_ne!(state[name], before[name], "{name}");
    }
    assert_eq!(state["1.weight"], before["1.weight"]);
    // One batch of everything: in use the network now computes what it computes in training, up to m / (m - 1) of the
    // variance, 2 %, of which the root counts, twice.
    let (used, trained) = (model.infer(x.clone()), model.forward(x));
    assert!((used - trained).abs().max(.., false).item() < 0.1);
}

#[test]
fn a_panic_ends_the_recalibration() {
    let mut layer = BatchNorm1d::<f32>::new(3);
    let wrong = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        recalibrate(&mut layer, [Tensor::ones([4, 2])]);
    }));
    assert!(wrong.is_err() && ch11_normalization::recalibration_share().is_none());
}

#[test]
#[should_panic(expected = "GroupNorm: 6 channels cannot be cut into 4 groups")]
fn groups_must_divide_the_channels() {
    GroupNorm::<f32>::new(4, 6);
}

#[test]
#[should_panic(expected = "GroupNorm: [2, 4, 3, 3] is not [batch, 6, ..]")]
fn group_norm_refuses_other_channels() {
    GroupNorm::<f32>::new(2, 6).forward(Tensor::ones([2, 4, 3, 3]));
}

#[test]
#[should_panic(expected = "InstanceNorm: one number has no variance: [2, 4, 1, 1]")]
fn instance_norm_refuses_single_numbers() {
    InstanceNorm::<f32>::new(4).forward(Tensor::ones([2, 4, 1, 1]));
}

#[test]
#[should_panic(expected = "BatchNorm1d: training needs two numbers for each feature: [1, 3]")]
fn batch_norm1d_refuses_a_batch_of_one() {
    BatchNorm1d::<f32>::new(3).forward(Tensor::ones([1, 3]));
}

#[test]
#[should_panic(expected = "RmsNorm: input of shape [2, 5] does not end in an axis of 4")]
fn rms_norm_refuses_another_size() {
    RmsNorm::new(4).forward(Tensor::ones([2, 5]));
}

#[test]
#[should_panic(expected = "weight_norm: v [4, 3] and g [4] are not [out, ..] and [out, 1, ..]")]
fn weight_norm_refuses_lengths_of_another_shape() {
    weight_norm(&Tensor::ones([4, 3]), &Tensor::ones([4]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Scale and offset of a group do not matter, and the gradient has no part in these two directions.
    #[test]
    fn property_group_norm_forgets_scale_and_shift(n in 1..4usize, groups in 1..4usize, each in 1..4usize,
                                                   plane in 2..7usize, seed in 0..1000u64, scale in 0.3..4.0f64) {
        let channels = groups * each;
        let mut layer = group_norm(groups, channels, seed);
        layer.eps = 0.0;
        let x = random(&[n, channels, plane], seed);
        let off = layer.infer(&x * scale + 3.0) - layer.infer(x.clone());
        prop_assert!(largest(&off) < 1e-8, "off by {}", largest(&off));
        layer.forward(x.clone());
        let dx = layer.backward(random(&[n, channels, plane], seed + 1));
        let by_group = |a: &Array<f64>| a.clone().reshape([n * groups, each * plane]).sum(1, false);
        let size = 1.0 + largest(&dx) * (each * plane) as f64 * (1.0 + largest(&x));
        prop_assert!(largest(&by_group(&dx)) < 1e-10 * size && largest(&by_group(&(&dx * &x))) < 1e-10 * size);
    }

    /// Examples do not see each other, nor do channels.
    #[test]
    fn property_instance_norm_planes_stand_alone(n in 1..4usize, c in 1..4usize, plane in 2..9usize, seed in 0..1000u64) {
        let x = random(&[n, c, plane], seed);
        let all = InstanceNorm::new(c).infer(x.clone());
        let each = InstanceNorm::new(1).infer(x.reshape([n * c, 1, plane]));
        prop_assert_eq!(all.to_vec(), each.to_vec());
    }

    /// `f(a x) = f(x)` for a > 0, row by row; an offset does matter. The gradient is perpendicular to the input.
    #[test]
    fn property_rms_norm_forgets_scale(rows in 1..5usize, size in 2..40usize, seed in 0..1000u64, a in 0.1..10.0f64) {
        let mut layer = rms_norm(size, seed);
        layer.eps = 0.0;
        let x = random(&[rows, size], seed);
        prop_assert!(largest(&(layer.infer(&x * a) - layer.infer(x.clone()))) < 1e-12 * 100.0);
        layer.forward(x.clone());
        let dx = layer.backward(random(&[rows, size], seed + 1));
        let along = largest(&(&dx * &x).sum(1, false));
        prop_assert!(along < 1e-10 * (1.0 + largest(&dx) * largest(&x) * size as f64), "{along}");
    }

    /// Rows of the weights have the lengths that they should have, whatever the lengths of v; and the gradient of v is
    /// perpendicular to v.
    #[test]
    fn property_weight_norm_has_its_lengths(out in 1..6usize, size in 1..20usize, seed in 0..1000u64, a in 0.1..10.0f64) {
        let (v, g) = (random(&[out, size], seed), random(&[out, 1], seed + 1));
        let w = weight_norm(&v, &g);
        let length = (&w * &w).sum(1, true).map(f64::sqrt);
        prop_assert!(largest(&(length - g.clone().map(f64::abs))) < 1e-12 * 100.0);
        prop_assert!(largest(&(weight_norm(&(&v * a), &g) - &w)) < 1e-12 * 100.0);
        let [dv, _] = weight_norm_backward(random(&[out, size], seed + 2), &v, &g);
        let along = (&dv * &v).sum(1, false);
        prop_assert!(largest(&along) < 1e-10 * (1.0 + largest(&dv) * largest(&v)), "{along:?}");
    }

    /// Taken apart and put together, a linear layer is what it was.
    #[test]
    fn property_weight_norm_linear_computes_what_the_linear_layer_did(n in 1..5usize, seed in 0..1000u64) {
        let linear = Linear::new(6, 3, &mut Rng::new(seed, "init")).to_f64();
        let x = random(&[n, 6], seed);
        let y = linear.infer(x.clone());
        prop_assert!(largest(&(WeightNormLinear::from_linear(linear).infer(x) - y)) < 1e-12 * 10.0);
    }

    /// Vectors are images of one pixel, sequences images of one row.
    #[test]
    fn property_batch_norm1d_is_batch_norm2d_of_thin_images(n in 2..6usize, c in 1..5usize, l in 1..6usize, seed in 0..1000u64) {
        let (x, g) = (random(&[n, c, l], seed), random(&[n, c, l], seed + 1));
        let (mut flat, mut image) = (randomly(BatchNorm1d::new(c), seed), randomly(BatchNorm2d::new(c), seed));
        let thin = |x: &Array<f64>| x.clone().reshape([n, c, 1, l]);
        prop_assert_eq!(flat.forward(x.clone()).to_vec(), image.forward(thin(&x)).to_vec());
        prop_assert_eq!(flat.backward(g.clone()).to_vec(), image.backward(thin(&g)).to_vec());
        let (x, g) = (random(&[n, c], seed), random(&[n, c], seed + 1));
        let pixel = |x: &Array<f64>| x.clone().reshape([n, c, 1, 1]);
        let off = flat.forward(x.clone()).reshape([n, c, 1, 1]) - image.forward(pixel(&x));
        let off_back = flat.backward(g.clone()).reshape([n, c, 1, 1]) - image.backward(pixel(&g));
        // The same sums in another order; two numbers may lie close together, and the deviation between them is small.
        prop_assert!(largest(&off) < 1e-6 && largest(&off_back) < 1e-5, "{} {}", largest(&off), largest(&off_back));
    }
}
