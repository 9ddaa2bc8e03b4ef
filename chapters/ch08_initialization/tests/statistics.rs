//! What is drawn against the formulas, seeds, and whole networks.

use std::collections::BTreeMap;

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{
    ActivationLayer, Layer, Linear, Module, Param, Role, Visitor, for_each_param, gradcheck,
};
use ch07_modules::{Sequential, state_dict};
use ch08_initialization::*;
use proptest::prelude::*;

fn rng(seed: u64) -> Rng {
    Rng::new(seed, "init")
}

/// Mean and standard deviation of `n` numbers, checked to five standard errors: `std / sqrt(n)` for the mean, and
/// `std / sqrt(2n)` for the standard deviation, which holds for normal numbers and is generous for even ones. A right
/// generator fails one such check in 1.7 million, and the seeds are fixed.
#[track_caller]
fn assert_moments(what: &str, array: &Array<f64>, mean: f64, std: f64) {
    let n = array.size() as f64;
    let (m, s) = (array.mean_all(), array.std(.., false, 0).item());
    assert!((m - mean).abs() < 5.0 * std / n.sqrt(), "{what}: mean {m}, not {mean}");
    assert!((s - std).abs() < 5.0 * std / (2.0 * n).sqrt(), "{what}: standard deviation {s}, not {std}");
}

#[test]
fn the_moments_are_those_of_the_formulas() {
    // Shape, fan-in and fan-out, counted by hand.
    let cases: [(&[usize], f64, f64); 4] = [
        (&[400, 300], 300.0, 400.0),
        (&[64, 32, 3, 3], 288.0, 576.0),
        (&[1000, 10], 10.0, 1000.0),
        (&[50, 20, 7], 140.0, 350.0),
    ];
    for (seed, (shape, fan_in, fan_out)) in cases.into_iter().enumerate() {
        let (mut a, rng) = (Array::<f64>::zeros(shape), &mut rng(seed as u64));
        let xavier = (2.0 / (fan_in + fan_out)).sqrt();
        xavier_uniform(&mut a, 1.0, rng);
        assert_moments("xavier_uniform", &a, 0.0, xavier);
        assert!(a.iter().all(|x| x.abs() <= (6.0 / (fan_in + fan_out)).sqrt()));
        xavier_normal(&mut a, 5.0 / 3.0, rng);
        assert_moments("xavier_normal", &a, 0.0, xavier * 5.0 / 3.0);
        kaiming_uniform(&mut a, FanMode::In, Gain::Relu, rng);
        assert_moments("kaiming_uniform", &a, 0.0, (2.0 / fan_in).sqrt());
        assert!(a.iter().all(|x| x.abs() <= (6.0 / fan_in).sqrt()));
        kaiming_normal(&mut a, FanMode::Out, Gain::Linear, rng);
        assert_moments("kaiming_normal", &a, 0.0, (1.0 / fan_out).sqrt());
        normal(&mut a, 3.0, 0.5, rng);
        assert_moments("normal", &a, 3.0, 0.5);
        uniform(&mut a, 2.0, 5.0, rng);
        assert_moments("uniform", &a, 3.5, 3.0 / 12f64.sqrt());
    }
    let mut a = Tensor::zeros([3]);
    constant(&mut a, 2.0);
    assert_eq!(a.to_vec(), [2.0; 3]);
}

/// The mean square of the activations (forward) and of the gradients (backward), layer by layer, over `width`s that
/// need not be equal.
fn propagate(widths: &[usize], activation: Activation, fill: impl Fn(&mut Tensor, &mut Rng)) -> (f64, f64) {
    let rng = &mut rng(1);
    let mut model = Sequential::new();
    for pair in widths.windows(2) {
        let mut layer = Linear::new(pair[0], pair[1], rng);
        fill(&mut layer.weight.value, rng);
        layer.bias = None;
        model = model.push(layer).push(ActivationLayer::new(activation));
    }
    let power = |a: &Tensor| a.to_f64().map(|x| x * x).mean_all();
    let x = Tensor::normal([256, widths[0]], 0.0, 1.0, rng);
    let (forward, g) =
        (model.forward(x.clone()), Tensor::normal([256, widths[widths.len() - 1]], 0.0, 1.0, rng));
    (power(&forward) / power(&x), power(&model.backward(g.clone())) / power(&g))
}

/// The derivations, on real layers. A layer of width w scatters around the expected power by about sqrt(5/w) relative;
/// over eight layers of width 400 that is about 0.3 in the logarithm, and a wrong factor of 2 per layer would be 256.
#[test]
fn each_rule_keeps_the_power_it_is_made_for() {
    let widths = [300, 500, 400, 400, 400, 400, 400, 300, 500];
    let near_one = |x: f64| (0.5..2.0).contains(&x);
    let (forward, backward) = propagate(&widths, Activation::Relu, |w, rng| {
        kaiming_normal(w, FanMode::In, Gain::Relu, rng);
    });
    // Forward it is 1 by design; backward each layer multiplies by fan_out / fan_in, together by 500 / 300.
    assert!(near_one(forward) && near_one(backward / (500.0 / 300.0)), "{forward}, {backward}");
    let (forward, backward) = propagate(&widths, Activation::Relu, |w, rng| {
        kaiming_normal(w, FanMode::Out, Gain::Relu, rng);
    });
    assert!(near_one(forward / (300.0 / 500.0)) && near_one(backward), "{forward}, {backward}");
    let (forward, backward) = propagate(&widths, Activation::Identity, |w, rng| xavier_uniform(w, 1.0, rng));
    assert!(near_one(forward) && near_one(backward), "{forward}, {backward}");
    // Xavier's weights before ReLU lose half in each of the eight layers.
    let (forward, _) = propagate(&widths, Activation::Relu, |w, rng| xavier_normal(w, 1.0, rng));
    assert!(near_one(forward * 256.0), "{forward}");
}

#[test]
fn the_same_seed_gives_the_same_weights_in_f32_and_f64() {
    type Fill<T> = fn(&mut Array<T>, &mut Rng);
    let fills: [(Fill<f32>, Fill<f64>); 4] = [
        (|a, r| xavier_uniform(a, 1.0, r), |a, r| xavier_uniform(a, 1.0, r)),
        (
            |a, r| kaiming_normal(a, FanMode::In, Gain::Relu, r),
            |a, r| kaiming_normal(a, FanMode::In, Gain::Relu, r),
        ),
        (
            |a, r| trunc_normal(a, 0.0, 0.02, -0.04, 0.04, r),
            |a, r| trunc_normal(a, 0.0, 0.02, -0.04, 0.04, r),
        ),
        (|a, r| trunc_normal(a, 0.0, 1.0, 2.0, 3.0, r), |a, r| trunc_normal(a, 0.0, 1.0, 2.0, 3.0, r)),
    ];
    for (fast, exact) in fills {
        let (mut a, mut again, mut other) =
            (Tensor::zeros([7, 9]), Tensor::ones([7, 9]), Tensor::zeros([7, 9]));
        let mut a64 = Array::<f64>::zeros([7, 9]);
        fast(&mut a, &mut rng(3));
        fast(&mut again, &mut rng(3));
        fast(&mut other, &mut rng(4));
        exact(&mut a64, &mut rng(3));
        assert_eq!(a, again);
        assert_ne!(a, other);
        assert_eq!(a, a64.to_f32());
    }
    // The numbers themselves, so that a change of the generator cannot go unnoticed. The logarithm in them may differ
    // in its last bit from one system to another.
    let mut a = Array::<f64>::zeros([1, 3]);
    kaiming_normal(&mut a, FanMode::In, Gain::Relu, &mut rng(0));
    let seed_0 = [-0.1690820893799506, 1.253388817064194, -0.5363998313671442];
    assert!(a.iter().zip(seed_0).all(|(ours, then)| (ours - then).abs() < 1e-15), "{a}");
}

#[test]
fn a_shared_array_is_not_changed_behind_its_owners_back() {
    let mut a = Tensor::zeros([2, 2]);
    let (view, transposed) = (a.clone(), a.clone().t());
    normal(&mut a, 0.0, 1.0, &mut rng(0));
    assert_eq!((view, transposed), (Tensor::zeros([2, 2]), Tensor::zeros([2, 2])));
}

#[test]
#[should_panic(expected = "fan_in_out: a weight has at least two axes, [out, in, ..], not [5]")]
fn a_bias_has_no_fan() {
    xavier_uniform(&mut Tensor::zeros([5]), 1.0, &mut rng(0));
}

#[test]
fn impossible_cuts_are_refused() {
    for (std, low, high) in
        [(1.0, 2.0, -2.0), (1.0, 1.0, 1.0), (0.0, -1.0, 1.0), (-1.0, -1.0, 1.0), (1.0, f64::NAN, 1.0)]
    {
        let draw = || trunc_normal(&mut Tensor::zeros([2]), 0.0, std, low, high, &mut rng(0));
        let panic = std::panic::catch_unwind(draw).expect_err("must be refused");
        assert!(panic.downcast_ref::<String>().unwrap().starts_with("trunc_normal: no normal numbers"));
    }
}

/// Every role, under names as transformers have them.
struct Everything(BTreeMap<&'static str, Param>);

impl Module for Everything {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        for (name, param) in &mut self.0 {
            visitor.child(*name, &mut One(param));
        }
    }
}

struct One<'a>(&'a mut Param);

impl Module for One<'_> {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        visitor.param(if self.0.role == Role::Bias { "bias" } else { "weight" }, self.0);
    }
}

fn everything() -> Everything {
    let array = || Tensor::full([100, 100], 7.0);
    let params = [
        ("qkv", Role::Weight),
        ("out_proj", Role::Weight),
        ("linear1", Role::Weight),
        ("linear2", Role::Weight),
        ("shift", Role::Bias),
        ("norm", Role::Norm),
        ("slope", Role::Activation),
        ("table", Role::Embedding),
    ];
    Everything(params.into_iter().map(|(name, role)| (name, Param::new(array(), role))).collect())
}

#[track_caller]
fn assert_std(module: &Everything, name: &str, std: f64) {
    assert_moments(name, &module.0[name].value.to_f64(), 0.0, std);
}

#[test]
fn gpt_scales_what_ends_a_residual_branch() {
    let mut module = everything();
    assert_eq!(init_gpt(&mut module, 8, 0.02, &mut rng(0)), 2);
    assert_std(&module, "qkv", 0.02);
    assert_std(&module, "linear1", 0.02);
    assert_std(&module, "table", 0.02);
    assert_std(&module, "out_proj", 0.02 / 4.0);
    assert_std(&module, "linear2", 0.02 / 4.0);
    assert_eq!(module.0["shift"].value, Tensor::zeros([100, 100]));
    for name in ["norm", "slope"] {
        assert_eq!(module.0[name].value, Tensor::full([100, 100], 7.0), "{name} is left alone");
    }
    assert_eq!(init_gpt_where(&mut module, 2, 0.02, |path| path == "qkv.weight", &mut rng(0)), 1);
    assert_std(&module, "qkv", 0.01);
    assert_std(&module, "linear2", 0.02);
}

#[test]
fn ends_of_branches_are_found_by_name() {
    for path in ["h.0.attn.c_proj.weight", "blocks.3.linear2.weight", "l.0.output.dense.weight", "wo.weight"]
    {
        assert!(ends_residual_branch(path), "{path}");
    }
    for path in
        ["h.0.attn.c_attn.weight", "linear1.weight", "linear2", "output_norm.weight", "dense.weight", ""]
    {
        assert!(!ends_residual_branch(path), "{path}");
    }
}

#[test]
fn he_fills_a_network_by_role() {
    let mut module = everything();
    init_he(&mut module, &mut rng(0));
    for name in ["qkv", "out_proj", "linear1", "linear2"] {
        assert_std(&module, name, (2.0 / 100f64).sqrt());
    }
    assert_std(&module, "table", 1.0);
    assert_eq!(module.0["shift"].value, Tensor::zeros([100, 100]));
    assert_eq!(module.0["norm"].value, Tensor::full([100, 100], 7.0));

    // A real network: the same seed gives the same state.
    let network = |seed| {
        let layers = [Linear::new(5, 4, &mut rng(9)), Linear::new(4, 3, &mut rng(9))];
        let mut model = layers.into_iter().fold(Sequential::new(), Sequential::push);
        init_he(&mut model, &mut rng(seed));
        state_dict(&mut model)
    };
    assert_eq!(network(1), network(1));
    assert_ne!(network(1)["1.weight"], network(2)["1.weight"]);
}

#[test]
fn a_network_of_first_weights_can_be_trained_through() {
    // The gradients of such a network are right: they have no reason not to be, but nothing here may break them.
    let mut model = Sequential::<f64>::new()
        .push(Linear::new(4, 6, &mut rng(0)).to_f64())
        .push(ActivationLayer::new(Activation::Tanh))
        .push(Linear::new(6, 2, &mut rng(0)).to_f64());
    init_he(&mut model, &mut rng(5));
    gradcheck(&mut model, &Array::normal([3, 4], 0.0, 1.0, &mut rng(6)));
    for_each_param(&mut model, |path, param| {
        assert_eq!(param.value.iter().all(|x| x == 0.0), param.role == Role::Bias, "{path}");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Turning a weight around swaps its fans, so Xavier does not care, and He by fan-in becomes He by fan-out.
    #[test]
    fn the_transpose_swaps_the_fans(o in 1..50usize, i in 1..50usize, h in 1..6usize, w in 1..6usize) {
        let (shape, turned) = ([o, i, h, w], [i, o, h, w]);
        let (fan_in, fan_out) = fan_in_out(&shape);
        prop_assert_eq!(fan_in_out(&turned), (fan_out, fan_in));
        prop_assert_eq!(fan_in * o, fan_out * i);
        prop_assert_eq!(xavier_std(&shape, 1.0), xavier_std(&turned, 1.0));
        let gain = Gain::LeakyRelu { slope: 0.3 };
        prop_assert_eq!(kaiming_std(&shape, FanMode::In, gain), kaiming_std(&turned, FanMode::Out, gain));
        // A kernel is a matrix over its places.
        prop_assert_eq!(kaiming_std(&shape, FanMode::In, gain), kaiming_std(&[o, i * h * w], FanMode::In, gain));
    }

    /// Twice the spread of the same stream is twice the numbers.
    #[test]
    fn numbers_scale_with_their_spread(seed in 0..1000u64, std in 0.01..10.0f64) {
        let draw = |std: f64| {
            let mut a = Array::<f64>::zeros([20]);
            trunc_normal(&mut a, 0.0, std, -2.0 * std, 2.0 * std, &mut rng(seed));
            a
        };
        for (one, two) in draw(std).iter().zip(draw(2.0 * std).iter()) {
            prop_assert_eq!(2.0 * one, two);
        }
    }
}

/// An orthogonal matrix keeps every length, forward and backward, through any number of layers.
#[test]
fn orthogonal_weights_keep_every_length() {
    let mut rng = rng(30);
    let (mut x, mut g) = (
        Array::<f64>::normal([4, 24], 0.0, 1.0, &mut rng),
        Array::<f64>::normal([4, 24], 0.0, 1.0, &mut rng),
    );
    let lengths = |a: &Array<f64>| a.map_to(|x| x * x).sum(1, false);
    let (before, grads) = (lengths(&x), lengths(&g));
    for _ in 0..100 {
        let mut layer = Linear::<f64>::from_parts(Array::zeros([24, 24]), None);
        orthogonal(&mut layer.weight.value, 1.0, &mut rng);
        x = layer.forward(x);
        g = layer.backward(g);
    }
    for (before, after) in [(&before, lengths(&x)), (&grads, lengths(&g))] {
        for (a, b) in before.iter().zip(after.iter()) {
            assert!((a / b - 1.0).abs() < 1e-12, "{a}, {b}");
        }
    }
    // Wide: rows; tall: columns; kernels as matrices; f32 too.
    for shape in [&[3, 10][..], &[10, 3], &[4, 2, 3, 3]] {
        let mut weight = Tensor::zeros(shape);
        orthogonal(&mut weight, 2.0, &mut rng);
        let power = weight.iter().map(|w| f64::from(w) * f64::from(w)).sum::<f64>();
        let vectors = shape[0].min(shape[1..].iter().product());
        assert!((power - 4.0 * vectors as f64).abs() < 1e-4, "{shape:?}: {power}");
    }
}

/// The signs that make Q evenly spread: the trace of a random orthogonal matrix has mean 0 and variance 1. (Without them,
/// LAPACK's Q has a mostly negative diagonal.)
#[test]
fn orthogonal_weights_are_evenly_spread() {
    let mut rng = rng(31);
    let traces: Vec<f64> = (0..2000)
        .map(|_| {
            let mut weight = Array::<f64>::zeros([5, 5]);
            orthogonal(&mut weight, 1.0, &mut rng);
            (0..5).map(|i| weight[[i, i]]).sum()
        })
        .collect();
    let mean = traces.iter().sum::<f64>() / 2000.0;
    let variance = traces.iter().map(|t| t * t).sum::<f64>() / 2000.0;
    // Five standard errors: 1 / sqrt(2000) of the mean, and about sqrt(2 / 2000) of the variance.
    assert!(mean.abs() < 0.11 && (variance - 1.0).abs() < 0.16, "{mean}, {variance}");
}

#[test]
#[should_panic(expected = "orthogonal: a weight has at least two axes")]
fn a_bias_is_not_orthogonal() {
    orthogonal(&mut Tensor::zeros([4]), 1.0, &mut rng(32));
}

/// Trap: small random numbers in a deep net. Twenty layers of width 64 with standard deviation 0.01: each multiplies the mean
/// square by 64 * 0.0001 / 2, and after twenty nothing is left; so is nothing of the gradient.
#[test]
fn small_weights_let_a_deep_network_die() {
    let widths = [64; 21];
    let (forward, backward) = propagate(&widths, Activation::Relu, |w, rng| normal(w, 0.0, 0.01, rng));
    assert!(forward < 1e-40 && backward < 1e-40, "{forward}, {backward}");
    let (forward, backward) =
        propagate(&widths, Activation::Relu, |w, rng| kaiming_normal(w, FanMode::In, Gain::Relu, rng));
    // sqrt(5 / 64) per layer, over twenty: about 1.25 in the logarithm; three of them.
    assert!((0.02..50.0).contains(&forward) && (0.02..50.0).contains(&backward), "{forward}, {backward}");
}

/// Trap: one rule for every activation. He's weights saturate tanh: its outputs are then near 1 and -1, and its slopes near 0;
/// Xavier's let ReLU die.
#[test]
fn one_rule_does_not_fit_every_activation() {
    let widths = [64; 21];
    let he = |w: &mut Tensor, rng: &mut Rng| kaiming_normal(w, FanMode::In, Gain::Relu, rng);
    let xavier = |w: &mut Tensor, rng: &mut Rng| xavier_normal(w, 1.0, rng);
    let tanh = |w: &mut Tensor, rng: &mut Rng| xavier_normal(w, Gain::Tanh.value(), rng);
    let (relu_he, _) = propagate(&widths, Activation::Relu, he);
    let (relu_xavier, _) = propagate(&widths, Activation::Relu, xavier);
    assert!(relu_xavier < 1e-4 && relu_he > 0.02, "ReLU: Xavier {relu_xavier}, He {relu_he}");
    let (_, tanh_right) = propagate(&widths, Activation::Tanh, tanh);
    let (_, tanh_large) = propagate(&widths, Activation::Tanh, |w, rng| xavier_normal(w, 4.0, rng));
    // Twice He's weights and more: the gradient of a saturated network explodes through the large weights.
    assert!((0.01..100.0).contains(&tanh_right), "{tanh_right}");
    assert!(tanh_large > 100.0 * tanh_right, "{tanh_large} beside {tanh_right}");
}
