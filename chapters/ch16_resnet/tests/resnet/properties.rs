//! Laws that hold for any input.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{Layer, assert_close};
use ch16_resnet::*;
use proptest::prelude::*;

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

/// The order of the images does not matter to a network in use, and in training only to which output is whose.
fn permutes(layer: &mut dyn Layer<f64>, x: &Array<f64>) {
    let order = Array::<i64>::from_fn([x.dim(0)], |i| ((i[0] + 1) % x.dim(0)) as i64);
    let y = layer.forward(x.clone());
    let g = random(y.shape(), 99);
    let dx = layer.backward(g.clone());
    let y_moved = layer.forward(x.index_select(0, &order));
    let dx_moved = layer.backward(g.index_select(0, &order));
    assert_close("output", &y_moved, &y.index_select(0, &order), 1e-9);
    assert_close("input gradient", &dx_moved, &dx.index_select(0, &order), 1e-9);
    let y = layer.infer(x.clone());
    assert_close("in use", &layer.infer(x.index_select(0, &order)), &y.index_select(0, &order), 1e-9);
}

/// Twice the gradient of the output gives twice that of the input: backward is linear.
fn linear_backward(layer: &mut dyn Layer<f64>, x: &Array<f64>) {
    let shape = *layer.infer(x.clone()).shape();
    let (a, b) = (random(&shape, 1), random(&shape, 2));
    let mut back = |g: Array<f64>| {
        layer.forward(x.clone());
        layer.backward(g)
    };
    let sum = back(&a * 2.0 - &b);
    let want = back(a) * 2.0 - &back(b);
    assert_close("linear", &sum, &want, 1e-9);
}

fn check(mut layer: impl Layer<f64>, shape: &[usize], seed: u64) {
    permutes(&mut layer, &random(shape, seed));
    linear_backward(&mut layer, &random(shape, seed + 1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn property_add_relu_is_the_sum_or_0(seed in 0u64..1000) {
        let (x, s) = (random(&[50], seed), random(&[50], seed + 5));
        let y = add_relu(x.clone(), &s);
        prop_assert_eq!(&y, &add_relu(s.clone(), &x));
        for ((y, x), s) in y.iter().zip(x.iter()).zip(s.iter()) {
            prop_assert!(y == (x + s).max(0.0));
        }
        let g = add_relu_backward(Array::ones([50]), &y);
        prop_assert!(g.iter().zip(y.iter()).all(|(g, y)| g == f64::from(y > 0.0)));
    }

    #[test]
    fn property_scale_channels_is_adjoint(n in 1usize..4, c in 1usize..5, h in 1usize..6, w in 1usize..20, seed in 0u64..1000) {
        // <s x, g> = <x, s g> = <s, sum g x>.
        let (x, g) = (random(&[n, c, h, w], seed), random(&[n, c, h, w], seed + 1));
        let s = random(&[n, c, 1, 1], seed + 2);
        let forward = (scale_channels(x.clone(), &s) * &g).sum_all();
        let (dx, ds) = scale_channels_backward(g, &x, &s);
        prop_assert!((forward - (dx * &x).sum_all()).abs() < 1e-9);
        prop_assert!((forward - (ds * &s).sum_all()).abs() < 1e-9);
    }

    #[test]
    fn property_basic_block_permutes_and_is_linear_backward(seed in 0u64..1000, stride in 1usize..3) {
        check(BasicBlock::new(3, 4, stride, &mut Rng::new(seed, "init")), &[3, 3, 5, 4], seed);
    }

    #[test]
    fn property_bottleneck_permutes_and_is_linear_backward(seed in 0u64..1000, stride in 1usize..3) {
        check(Bottleneck::new(3, 2, stride, &mut Rng::new(seed, "init")), &[3, 3, 5, 4], seed);
    }

    #[test]
    fn property_pre_activation_permutes_and_is_linear_backward(seed in 0u64..1000, stride in 1usize..3) {
        check(PreActivation::new(3, 4, stride, &mut Rng::new(seed, "init")), &[3, 3, 5, 4], seed);
    }

    #[test]
    fn property_squeeze_excite_shrinks_and_permutes(seed in 0u64..1000) {
        let layer = SqueezeExcite::new(4, 2, Activation::Relu, &mut Rng::new(seed, "init"));
        let x = random(&[2, 4, 3, 5], seed);
        // Factors are between 0 and 1: nothing grows, no sign changes.
        for (y, x) in layer.infer(x.clone()).iter().zip(x.iter()) {
            prop_assert!(y.abs() <= x.abs() && y * x >= 0.0);
        }
        check(layer, &[3, 4, 3, 5], seed);
    }

    #[test]
    fn property_mb_conv_permutes_and_is_linear_backward(seed in 0u64..1000, stride in 1usize..3) {
        let config = MbConvConfig { inputs: 4, outputs: 4, kernel: 3, stride, expand: 2, drop_path: 0.0 };
        check(MbConv::new(&config, &mut Rng::new(seed, "init")), &[3, 4, 5, 4], seed);
    }
}

#[test]
fn property_res_net_permutes_and_is_linear_backward() {
    for kind in [Kind::Basic, Kind::Bottleneck, Kind::PreActivation, Kind::Plain] {
        let config = ResNetConfig { width: 3, ..ResNetConfig::new(kind, &[1, 1]) }.cifar(4);
        check(ResNet::build(&config, &mut Rng::new(1, "init")), &[3, 3, 8, 8], 7);
    }
}

#[test]
fn property_res_net9_permutes_and_is_linear_backward() {
    check(ResNet9::new(3, 4, 1, &mut Rng::new(1, "init")), &[2, 3, 32, 32], 8);
}

#[test]
fn property_fast_net_permutes_and_is_linear_backward() {
    check(FastNet::build([2, 3, 4], 3, 4, &mut Rng::new(1, "init")), &[2, 3, 25, 25], 9);
}

#[test]
fn property_efficient_net_permutes_and_is_linear_backward() {
    let stages = vec![[1, 3, 1, 4, 1], [2, 3, 2, 4, 2]];
    let config = EfficientNetConfig { stem: 4, stages, last: 6, classes: 3, dropout: 0.0, drop_path: 0.0 };
    check(EfficientNet::build(&config, &mut Rng::new(1, "init")), &[2, 3, 9, 8], 10);
}

#[test]
fn a_block_whose_branch_is_zero_is_the_identity() {
    for kind in [Kind::Basic, Kind::PreActivation] {
        let config = ResNetConfig { zero_last: true, width: 4, ..ResNetConfig::new(kind, &[2]) }.cifar(3);
        let model = ResNet::new(&config, &mut Rng::new(2, "init"));
        // ReLU of what is not negative is itself.
        let x = Tensor::uniform([2, 4, 6, 6], 0.0, 1.0, &mut Rng::new(3, "x"));
        assert_eq!(model.stages()[0].infer(x.clone()), x, "{kind:?}");
    }
}

#[test]
fn views_shared_with_others_are_left_alone() {
    let mut block = BasicBlock::new(3, 3, 1, &mut Rng::new(4, "init"));
    let x = Tensor::normal([2, 3, 6, 6], 0.0, 1.0, &mut Rng::new(5, "x"));
    let (before, shared) = (x.copy(), x.clone());
    let y = block.forward(x);
    let (kept, g) = (y.copy(), y.clone());
    block.backward(g);
    assert!(shared == before && y == kept);
}
