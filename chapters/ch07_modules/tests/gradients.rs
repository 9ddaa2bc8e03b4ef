//! Gradient checks, laws, and the f32 path against the f64 one.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear, Residual, assert_fast, gradcheck};
use ch07_modules::{Flatten, Sequential};
use proptest::prelude::*;

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

fn network(seed: u64) -> Sequential<f64> {
    let mut rng = Rng::new(seed, "weights");
    let inner = Sequential::new()
        .push(Linear::new(5, 5, &mut rng).to_f64())
        .push(ActivationLayer::new(Activation::Silu));
    Sequential::new()
        .push(Flatten::new())
        .push(Linear::new(6, 5, &mut rng).to_f64())
        .push(ActivationLayer::new(Activation::Tanh))
        .push(Residual::new(inner))
        .push(Linear::new(5, 2, &mut rng).to_f64())
}

#[test]
fn gradcheck_sequential() {
    gradcheck(&mut network(0), &random(&[3, 2, 3], 1));
    gradcheck(&mut network(0), &random(&[0, 2, 3], 1));
    // No layer at all: the identity.
    gradcheck(&mut Sequential::new(), &random(&[3, 2], 2));
    // A chain inside a chain is the longer chain.
    gradcheck(&mut Sequential::new().push(network(1)).push(network2()), &random(&[3, 2, 3], 3));
}

fn network2() -> Sequential<f64> {
    Sequential::new().push(Linear::new(2, 4, &mut Rng::new(2, "weights")).to_f64())
}

#[test]
fn gradcheck_flatten() {
    for shape in [&[4, 3][..], &[2, 3, 4], &[2, 1, 3, 2], &[5], &[0, 3, 2], &[2, 0, 3]] {
        gradcheck(&mut Flatten::new(), &random(shape, 4));
    }
    gradcheck(&mut Flatten::new(), &random(&[2, 3, 4], 5).transpose(0, 2));
}

#[test]
#[should_panic(expected = "2.1: matmul: inner sizes differ: [1, 4] x [5, 3]")]
fn errors_name_the_layer() {
    let mut rng = Rng::new(0, "weights");
    let inner = Sequential::new().push(Flatten::new()).push(Linear::new(5, 3, &mut rng));
    let model = Sequential::new()
        .push(Linear::new(4, 4, &mut rng))
        .push(ActivationLayer::new(Activation::Relu))
        .push(inner);
    model.infer(Tensor::ones([1, 4]));
}

#[test]
#[should_panic(expected = "1: Flatten::backward: a gradient of shape [6, 2] for an output of [2, 6]")]
fn flatten_refuses_a_gradient_of_another_shape() {
    // As many numbers as needed, so that a reshape alone would take it.
    let mut model = Sequential::new().push(Flatten::new()).push(Flatten::new());
    model.forward(Tensor::ones([2, 2, 3]));
    model.backward(Tensor::ones([6, 2]));
}

#[test]
#[should_panic(expected = "2: Linear::backward: no forward call to go back through")]
fn backward_without_forward_is_refused() {
    let mut rng = Rng::new(0, "weights");
    let mut model =
        Sequential::new().push(Flatten::new()).push(Flatten::new()).push(Linear::new(2, 2, &mut rng));
    model.backward(Tensor::ones([1, 2]));
}

#[test]
#[should_panic(expected = "Flatten: a single number has no batch axis to keep")]
fn flatten_refuses_a_single_number() {
    Flatten::new().infer(Tensor::scalar(1.0));
}

/// Used twice in a step and gone back through in reverse order: like two separate uses, and nothing is left over.
#[test]
fn backward_calls_match_forward_calls_in_reverse_order() {
    let mut model = network(3);
    let (x, other, g) = (random(&[3, 6], 10), random(&[5, 2, 3], 11), random(&[3, 2], 12));
    model.forward(x.clone());
    let dx = model.backward(g.clone());
    model.forward(x);
    model.forward(other);
    assert_eq!(*model.backward(random(&[5, 2], 13)).shape(), [5, 2, 3]);
    assert_eq!(model.backward(g), dx);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// `<f(x + tz) - f(x - tz), g> / 2t` for small t is `<z, f'(x)ᵀ g>`: backward is the adjoint of the derivative.
    #[test]
    fn property_sequential_is_the_adjoint_of_its_derivative(n in 1..6usize, seed in 0..1000u64) {
        let mut model = network(seed);
        let (t, x, z, g) = (1e-6, random(&[n, 6], seed), random(&[n, 6], seed + 1), random(&[n, 2], seed + 2));
        let moved = model.infer(&x + &(&z * t)) - model.infer(&x - &(&z * t));
        let forward = (moved * &g).sum_all() / (2.0 * t);
        model.forward(x);
        let backward = (model.backward(g) * &z).sum_all();
        // Central differences with t = 1e-6 leave about 1e-10 of rounding relative to the size of the outputs.
        prop_assert!((forward - backward).abs() <= 1e-6 * (1.0 + forward.abs()), "{forward}, {backward}");
    }

    /// Where a chain is cut into chains makes no difference, not even in the last bit.
    #[test]
    fn property_sequential_may_be_cut_anywhere(n in 1..6usize, cut in 0..5usize, seed in 0..1000u64) {
        let part = |from: usize, to: usize| {
            let rng = &mut Rng::new(seed, "weights");
            let linears: Vec<_> = (0..4).map(|_| Linear::new(3, 3, rng).to_f64()).collect();
            linears.into_iter().skip(from).take(to - from).fold(Sequential::new(), Sequential::push)
        };
        let (mut whole, mut parts) = (part(0, 4), Sequential::new().push(part(0, cut)).push(part(cut, 4)));
        let (x, g) = (random(&[n, 3], seed), random(&[n, 3], seed + 1));
        prop_assert_eq!(whole.forward(x.clone()), parts.forward(x));
        prop_assert_eq!(whole.backward(g.clone()), parts.backward(g));
    }

    /// Flatten moves no number: backward undoes forward, and any batch rows may be taken before or after.
    #[test]
    fn property_flatten_keeps_every_number(n in 1..5usize, a in 1..5usize, b in 1..5usize, seed in 0..1000u64) {
        let mut layer = Flatten::new();
        let x = random(&[b, a, n], seed).transpose(0, 2);
        let y = layer.forward(x.clone());
        prop_assert_eq!(y.to_vec(), x.to_vec());
        prop_assert_eq!(&layer.backward(y.clone()), &x);
        let rows = Array::<i64>::from_fn([n], |i| (n - 1 - i[0]) as i64);
        let after = y.index_select(0, &rows);
        prop_assert_eq!(Layer::<f64>::infer(&layer, x.index_select(0, &rows)), after);
    }
}

/// f32 carries 24 bits. A sum of k products is off by about sqrt(k) 2^-24 of its terms' size; with k below 100, terms of
/// order 1 and four layers, 2e-5 absolute and relative leaves a factor of ten.
const ROUNDING: f64 = 2e-5;

#[test]
fn fast_sequential_against_f64() {
    for seed in 0..10 {
        let mut rng = Rng::new(seed, "shapes");
        let [n, a, b, h, o] = [40, 9, 9, 60, 30].map(|most| 1 + rng.below(most));
        let (first, last) = (Linear::new(a * b, h, &mut rng), Linear::new(h, o, &mut rng));
        let (first64, last64) = (first.to_f64(), last.to_f64());
        let mut plain = Sequential::new()
            .push(Flatten::new())
            .push(first64)
            .push(ActivationLayer::new(Activation::Tanh))
            .push(last64);
        let mut fast = Sequential::new()
            .push(Flatten::new())
            .push(first)
            .push(ActivationLayer::new(Activation::Tanh))
            .push(last);
        assert_fast(&mut fast, &mut plain, &random(&[n, a, b], seed), ROUNDING);
    }
}

#[test]
fn fast_flatten_against_f64() {
    for seed in 0..10 {
        let mut rng = Rng::new(seed, "shapes");
        let shape = [40, 9, 9, 9].map(|most| 1 + rng.below(most));
        assert_fast(&mut Flatten::new(), &mut Flatten::new(), &random(&shape, seed), ROUNDING);
    }
}
