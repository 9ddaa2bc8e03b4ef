//! Gradient checks in f64, and the f32 paths in use against the same networks in f64.
//!
//! Networks are built for any type of number: the same seed gives the same weights, rounded in one of the two.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{Layer, assert_fast, for_each_param};
use ch07_modules::{load_state_dict, state_dict};
use ch16_resnet::*;

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

fn rng() -> Rng {
    Rng::new(1, "init")
}

/// Gains and shifts away from 1 and 0, so that nothing is hidden by them.
fn stirred<L: Layer<f64>>(mut layer: L) -> L {
    let mut rng = Rng::new(2, "stir");
    for_each_param(&mut layer, |_, param| {
        if param.value.ndim() == 1 {
            param.value.map_assign(|x| x + 0.25);
            let noise = Array::<f64>::normal(*param.value.shape(), 0.0, 0.2, &mut rng);
            param.value += &noise;
        }
    });
    layer
}

#[test]
fn gradcheck_add_relu() {
    // Away from the kink: no sum is nearer to 0 than 0.01.
    let (x, s) = (random(&[40], 0), random(&[40], 1));
    let x = x.zip("apart", &s, |x, s| if (x + s).abs() < 0.01 { x + 0.1 } else { x });
    let c = random(&[40], 2);
    let dx = add_relu_backward(c.clone(), &add_relu(x.clone(), &s));
    let of_x = ch03_neurons::numerical_gradient(|x| (add_relu(x.clone(), &s) * &c).sum_all(), &x);
    let of_s = ch03_neurons::numerical_gradient(|s| (add_relu(x.clone(), s) * &c).sum_all(), &s);
    ch03_neurons::assert_gradient("x", &dx, &of_x);
    ch03_neurons::assert_gradient("s", &dx, &of_s);
}

#[test]
fn gradcheck_scale_channels() {
    let (x, s, c) = (random(&[2, 3, 2, 4], 3), random(&[2, 3, 1, 1], 4), random(&[2, 3, 2, 4], 5));
    let (dx, ds) = scale_channels_backward(c.clone(), &x, &s);
    let of_x = ch03_neurons::numerical_gradient(|x| (scale_channels(x.clone(), &s) * &c).sum_all(), &x);
    let of_s = ch03_neurons::numerical_gradient(|s| (scale_channels(x.clone(), s) * &c).sum_all(), &s);
    ch03_neurons::assert_gradient("x", &dx, &of_x);
    ch03_neurons::assert_gradient("s", &ds, &of_s);
}

#[test]
fn gradcheck_basic_block() {
    gradcheck(&mut stirred(BasicBlock::new(2, 2, 1, &mut rng())), &random(&[2, 2, 4, 3], 6));
    gradcheck(&mut stirred(BasicBlock::new(2, 3, 2, &mut rng())), &random(&[2, 2, 5, 4], 7));
    gradcheck(&mut stirred(BasicBlock::new(2, 2, 1, &mut rng()).plain()), &random(&[2, 2, 4, 3], 8));
}

#[test]
fn gradcheck_bottleneck() {
    gradcheck(&mut stirred(Bottleneck::new(4, 1, 1, &mut rng())), &random(&[2, 4, 3, 3], 9));
    gradcheck(&mut stirred(Bottleneck::new(2, 1, 2, &mut rng())), &random(&[2, 2, 5, 4], 10));
}

#[test]
fn gradcheck_pre_activation() {
    gradcheck(&mut stirred(PreActivation::new(2, 2, 1, &mut rng())), &random(&[2, 2, 4, 3], 11));
    gradcheck(&mut stirred(PreActivation::new(2, 3, 2, &mut rng())), &random(&[2, 2, 5, 4], 12));
}

#[test]
fn gradcheck_squeeze_excite() {
    for activation in [Activation::Relu, Activation::Silu] {
        let layer = SqueezeExcite::new(4, 3, activation, &mut rng());
        gradcheck(&mut stirred(layer), &random(&[2, 4, 3, 2], 13));
    }
}

#[test]
fn gradcheck_mb_conv() {
    for (outputs, stride, expand) in [(3, 1, 2), (2, 2, 2), (4, 1, 1)] {
        let config = MbConvConfig { inputs: 3, outputs, kernel: 3, stride, expand, drop_path: 0.0 };
        gradcheck(&mut stirred(MbConv::new(&config, &mut rng())), &random(&[2, 3, 4, 3], 14));
    }
}

fn res_nets() -> Vec<ResNetConfig> {
    let kinds = [Kind::Basic, Kind::Bottleneck, Kind::PreActivation, Kind::Plain];
    let config = |kind| ResNetConfig { width: 2, ..ResNetConfig::new(kind, &[1, 1]) };
    let mut configs: Vec<_> = kinds.into_iter().map(|kind| config(kind).cifar(3)).collect();
    configs.push(ResNetConfig { squeeze: Some(2), classes: 3, ..config(Kind::Basic) });
    configs.push(ResNetConfig { squeeze: Some(2), ..config(Kind::PreActivation) }.cifar(3));
    configs
}

#[test]
fn gradcheck_res_net() {
    for config in res_nets() {
        let side = if config.stem == Stem::ImageNet { 12 } else { 4 };
        gradcheck(&mut stirred(ResNet::build(&config, &mut rng())), &random(&[2, 3, side, side], 15));
    }
}

#[test]
fn gradcheck_res_net9() {
    directional(&mut stirred(ResNet9::new(1, 3, 1, &mut rng())), &random(&[2, 1, 32, 32], 16));
}

#[test]
fn gradcheck_fast_net() {
    directional(&mut stirred(FastNet::build([2, 2, 3], 1, 3, &mut rng())), &random(&[2, 1, 25, 25], 17));
}

#[test]
fn gradcheck_efficient_net() {
    let stages = vec![[1, 3, 1, 4, 1], [2, 3, 2, 4, 2]];
    let config = EfficientNetConfig { stem: 4, stages, last: 6, classes: 3, dropout: 0.0, drop_path: 0.0 };
    directional(&mut stirred(EfficientNet::build(&config, &mut rng())), &random(&[2, 3, 9, 8], 18));
}

/// As chapter 5's `gradcheck`, with smaller steps: a network with many ReLUs has a kink somewhere near, and steps of 1e-3
/// would meet it. With 1e-5 the formula is off by some 1e-10, and rounding adds as much.
fn gradcheck(layer: &mut dyn Layer<f64>, x: &Array<f64>) {
    check_slopes(layer, x, |size| {
        (0..size).map(|i| Array::from_fn([size], |at| f64::from(at[0] == i))).collect()
    });
}

/// The same along a few random directions, of the input and of each parameter: for networks too large to nudge every
/// number. The blocks they consist of are checked number by number.
fn directional(layer: &mut dyn Layer<f64>, x: &Array<f64>) {
    check_slopes(layer, x, |size| (0..2).map(|seed| random(&[size], 40 + seed)).collect());
}

/// Compares slopes by backward with differences, `|a - n| <= 1e-6 max(|a|, |n|) + 1e-8`, along `directions(size)` of the
/// input and of each parameter.
fn check_slopes(layer: &mut dyn Layer<f64>, x: &Array<f64>, directions: impl Fn(usize) -> Vec<Array<f64>>) {
    const STEP: f64 = 1e-5;
    let y = layer.forward(x.clone());
    let c = random(y.shape(), 30);
    let dx = layer.backward(c.clone());
    let mut gradients = Vec::new();
    for_each_param(layer, |path, param| gradients.push((path.to_string(), param.grad.clone())));
    let loss = |layer: &mut dyn Layer<f64>, x: &Array<f64>| {
        let loss = (&layer.forward(x.clone()) * &c).sum_all();
        layer.backward(c.clone());
        loss
    };
    let close = |what: &str, slope: f64, numeric: f64| {
        let most = 1e-6 * slope.abs().max(numeric.abs()) + 1e-8;
        assert!((slope - numeric).abs() <= most, "{what}: {slope} by formula, {numeric} by differences");
    };
    for direction in directions(x.size()) {
        let direction = direction.reshape(*x.shape());
        let at = |t: f64| x + &(&direction * t);
        let numeric = (loss(layer, &at(STEP)) - loss(layer, &at(-STEP))) / (2.0 * STEP);
        close("the input", (&dx * &direction).sum_all(), numeric);
    }
    for (number, (path, grad)) in gradients.iter().enumerate() {
        for direction in directions(grad.size()) {
            let direction = direction.reshape(*grad.shape());
            let nudge = |layer: &mut dyn Layer<f64>, t: f64| {
                let mut at = 0;
                for_each_param(layer, |_, param| {
                    if at == number {
                        param.value += &(&direction * t);
                    }
                    at += 1;
                });
            };
            nudge(layer, STEP);
            let up = loss(layer, x);
            nudge(layer, -2.0 * STEP);
            let down = loss(layer, x);
            nudge(layer, STEP);
            close(path, (grad * &direction).sum_all(), (up - down) / (2.0 * STEP));
        }
    }
}

/// The weights of the f32 network in the f64 one, and both on the same input.
fn fast(mut fast: impl Layer<f32>, mut plain: impl Layer<f64>, shape: &[usize], tolerance: f64) {
    let state = state_dict(&mut fast).into_iter().map(|(name, array)| (name, array.to_f64())).collect();
    load_state_dict(&mut plain, &state).unwrap();
    let x = Tensor::normal(shape, 0.0, 1.0, &mut Rng::new(3, "x"));
    assert_fast(&mut fast, &mut plain, &x, tolerance);
}

/// Sums of up to some thousand terms, through normalisations that divide by deviations of order 1: 2e-4 is some hundred
/// roundings of what they begin with.
const TOLERANCE: f64 = 2e-4;

#[test]
fn fast_add_relu_against_f64() {
    let (x, s, g) = (random(&[70_001], 60), random(&[70_001], 61), random(&[70_001], 62));
    let [x32, s32, g32] = [&x, &s, &g].map(Array::to_f32);
    let y = add_relu(x32.clone(), &s32);
    let want = add_relu(x32.to_f64(), &s32.to_f64());
    ch05_backprop::assert_close("y", &y, &want, 1e-6);
    let dx = add_relu_backward(g32.clone(), &y);
    assert_eq!(dx.to_f64(), add_relu_backward(g32.to_f64(), &y.to_f64()));
}

#[test]
fn fast_scale_channels_against_f64() {
    for shape in [[2, 3, 5, 7], [3, 40, 32, 32], [1, 1, 1, 1]] {
        let draw = |seed| Tensor::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "x"));
        let s = Tensor::normal([shape[0], shape[1], 1, 1], 0.0, 1.0, &mut Rng::new(7, "s"));
        let (x, g) = (draw(5), draw(6));
        let y = scale_channels(x.clone(), &s);
        ch05_backprop::assert_close("y", &y, &(x.to_f64() * &s.to_f64()), 1e-6);
        let (dx, ds) = scale_channels_backward(g.clone(), &x, &s);
        ch05_backprop::assert_close("dx", &dx, &(g.to_f64() * &s.to_f64()), 1e-6);
        let want = (g.to_f64() * &x.to_f64()).sum(&[2, 3][..], true);
        // Sums of a thousand terms.
        ch05_backprop::assert_close("ds", &ds, &want, 1e-5);
    }
}

#[test]
fn fast_basic_block_against_f64() {
    let shapes =
        [(6, 1, [3, 6, 16, 16]), (9, 2, [3, 6, 17, 12]), (6, 1, [1, 6, 8, 8]), (20, 2, [9, 6, 8, 8])];
    for (outputs, stride, shape) in shapes {
        let (a, b) = (
            BasicBlock::new(6, outputs, stride, &mut rng()),
            BasicBlock::new(6, outputs, stride, &mut rng()),
        );
        fast(a, b, &shape, TOLERANCE);
    }
}

#[test]
fn fast_bottleneck_against_f64() {
    for (width, stride, shape) in [(2, 1, [3, 8, 16, 16]), (3, 2, [2, 8, 17, 12]), (5, 2, [9, 8, 8, 8])] {
        fast(
            Bottleneck::new(8, width, stride, &mut rng()),
            Bottleneck::new(8, width, stride, &mut rng()),
            &shape,
            TOLERANCE,
        );
    }
}

#[test]
fn fast_pre_activation_against_f64() {
    for (outputs, stride, shape) in [(6, 1, [3, 6, 16, 16]), (9, 2, [3, 6, 17, 12])] {
        let (a, b) = (
            PreActivation::new(6, outputs, stride, &mut rng()),
            PreActivation::new(6, outputs, stride, &mut rng()),
        );
        fast(a, b, &shape, TOLERANCE);
    }
}

#[test]
fn fast_squeeze_excite_against_f64() {
    for (channels, squeezed, shape) in [(6, 2, [3, 6, 16, 16]), (48, 12, [9, 48, 5, 7])] {
        let a = SqueezeExcite::new(channels, squeezed, Activation::Silu, &mut rng());
        fast(a, SqueezeExcite::new(channels, squeezed, Activation::Silu, &mut rng()), &shape, TOLERANCE);
    }
}

#[test]
fn fast_mb_conv_against_f64() {
    for (outputs, kernel, stride, expand, shape) in
        [(6, 3, 1, 2, [3, 6, 16, 16]), (9, 5, 2, 3, [3, 6, 17, 12]), (6, 5, 1, 1, [9, 6, 7, 7])]
    {
        let config = MbConvConfig { inputs: 6, outputs, kernel, stride, expand, drop_path: 0.0 };
        fast(MbConv::new(&config, &mut rng()), MbConv::new(&config, &mut rng()), &shape, TOLERANCE);
    }
}

#[test]
fn fast_res_net_against_f64() {
    for config in res_nets() {
        let config = ResNetConfig { width: 6, ..config };
        fast(ResNet::build(&config, &mut rng()), ResNet::build(&config, &mut rng()), &[5, 3, 32, 24], 1e-3);
    }
}

#[test]
fn fast_res_net9_against_f64() {
    fast(ResNet9::new(3, 10, 4, &mut rng()), ResNet9::new(3, 10, 4, &mut rng()), &[4, 3, 32, 32], 1e-3);
}

#[test]
fn fast_fast_net_against_f64() {
    let make = |rng: &mut Rng| FastNet::build([5, 6, 7], 3, 10, rng);
    fast(make(&mut rng()), FastNet::build([5, 6, 7], 3, 10, &mut rng()), &[4, 3, 32, 32], 1e-3);
}

#[test]
fn fast_efficient_net_against_f64() {
    let stages = vec![[1, 3, 1, 8, 1], [6, 5, 2, 12, 2]];
    let config = EfficientNetConfig { stem: 8, stages, last: 16, classes: 5, dropout: 0.0, drop_path: 0.0 };
    fast(
        EfficientNet::build(&config, &mut rng()),
        EfficientNet::build(&config, &mut rng()),
        &[4, 3, 32, 24],
        1e-3,
    );
}
