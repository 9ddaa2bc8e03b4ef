//! Gradient checks, laws, and the f32 path against the f64 one.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{
    ActivationLayer, Layer, Linear, Mlp, PRelu, Residual, assert_fast, for_each_param, gradcheck, zero_grad,
};
use proptest::prelude::*;

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

/// Numbers between 0.2 and 1.2 in size, of either sign: at least 0.2 away from the kinks at 0.
fn away_from_zero(shape: &[usize], seed: u64) -> Array<f64> {
    let mut rng = Rng::new(seed, "kinks");
    Array::from_fn(shape, |_| (0.2 + rng.uniform()) * if rng.below(2) == 0 { 1.0 } else { -1.0 })
}

#[test]
fn gradcheck_linear() {
    let mut rng = Rng::new(0, "weights");
    for shape in [&[4, 3][..], &[1, 3], &[2, 5, 3], &[3], &[0, 3]] {
        let mut layer = Linear::new(3, 2, &mut rng).to_f64();
        gradcheck(&mut layer, &random(shape, 1));
        layer.bias = None;
        gradcheck(&mut layer, &random(shape, 2));
    }
    // A transposed view of the input is as good as a contiguous one.
    gradcheck(&mut Linear::new(3, 2, &mut rng).to_f64(), &random(&[3, 4], 3).t());
}

#[test]
fn gradcheck_activation_layer() {
    let kinds = [Activation::Relu, Activation::Tanh, Activation::Sigmoid, Activation::Silu];
    for kind in kinds {
        gradcheck(&mut ActivationLayer::new(kind), &away_from_zero(&[3, 4], 4));
    }
}

#[test]
fn gradcheck_p_relu() {
    gradcheck(&mut PRelu::new(1).to_f64(), &away_from_zero(&[3, 4], 5));
    gradcheck(&mut PRelu::new(4).to_f64(), &away_from_zero(&[3, 4], 6));
    gradcheck(&mut PRelu::new(3).to_f64(), &away_from_zero(&[2, 3, 5], 7));
}

#[test]
fn gradcheck_residual() {
    let mut rng = Rng::new(1, "weights");
    gradcheck(&mut Residual::new(Linear::new(3, 3, &mut rng).to_f64()), &random(&[4, 3], 8));
    // A residual around a residual: three paths back to the input.
    let inner = Residual::new(Linear::new(3, 3, &mut rng).to_f64());
    gradcheck(&mut Residual::new(inner), &random(&[4, 3], 9));
}

#[test]
fn gradcheck_mlp() {
    let mut rng = Rng::new(2, "weights");
    for widths in [&[3, 2][..], &[3, 5, 2], &[3, 5, 4, 2]] {
        gradcheck(&mut Mlp::new(widths, Activation::Tanh, &mut rng).to_f64(), &random(&[4, 3], 10));
    }
}

/// A layer whose backward forgets a factor: gradcheck must not let it pass.
struct HalfGradient(Linear<f64>);

impl Layer<f64> for HalfGradient {
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        self.0.forward(x)
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        self.0.backward(grad) * 0.5
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        self.0.infer(x)
    }
}

impl ch05_backprop::Module<f64> for HalfGradient {
    fn visit(&mut self, visitor: &mut ch05_backprop::Visitor<'_, f64>) {
        self.0.visit(visitor);
    }
}

#[test]
#[should_panic(expected = "gradient of the input, element 0")]
fn the_gradient_check_can_fail() {
    let layer = Linear::new(3, 2, &mut Rng::new(3, "weights")).to_f64();
    gradcheck(&mut HalfGradient(layer), &random(&[4, 3], 11));
}

#[test]
fn the_gradient_check_leaves_the_layer_as_it_was() {
    let mut layer = Linear::new(3, 2, &mut Rng::new(4, "weights")).to_f64();
    let x = random(&[4, 3], 12);
    layer.forward(x.clone());
    layer.backward(Array::ones([4, 2]));
    let (weight, grad) = (layer.weight.value.copy(), layer.weight.grad.copy());
    gradcheck(&mut layer, &x);
    assert_eq!((layer.weight.value, layer.weight.grad), (weight, grad));
}

/// The contract of every layer, whatever it computes.
fn assert_contract(mut layer: impl Layer<f64>, shape: &[usize]) {
    let (x, other) = (away_from_zero(shape, 13), away_from_zero(shape, 14));
    let y = layer.forward(x.clone());
    assert_eq!(y, layer.infer(x.clone()), "forward and infer compute the same");
    let g = random(y.shape(), 15);
    let dx = layer.backward(g.clone());
    assert_eq!(dx.shape(), x.shape(), "the gradient has the shape of the input");

    // Used twice in a step, gone back through in reverse order: like two separate uses.
    let mut once = Vec::new();
    for_each_param(&mut layer, |_, param| once.push(param.grad.copy()));
    layer.forward(x.clone());
    layer.forward(other);
    layer.backward(random(y.shape(), 16));
    assert_eq!(layer.backward(g), dx, "backward calls match forward calls in reverse order");

    // Gradients add up until they are forgotten.
    let mut grads = once.iter();
    for_each_param(&mut layer, |path, param| {
        assert_ne!(&param.grad, grads.next().unwrap(), "{path}: the gradient did not change");
    });
    zero_grad(&mut layer);
    for_each_param(&mut layer, |path, param| assert_eq!(param.grad, param.value.zeros_like(), "{path}"));
}

#[test]
fn every_layer_keeps_the_contract() {
    let mut rng = Rng::new(5, "weights");
    assert_contract(Linear::new(3, 2, &mut rng).to_f64(), &[4, 3]);
    assert_contract(ActivationLayer::new(Activation::Relu), &[4, 3]);
    assert_contract(PRelu::new(3).to_f64(), &[4, 3]);
    assert_contract(Residual::new(Linear::new(3, 3, &mut rng).to_f64()), &[4, 3]);
    assert_contract(Mlp::new(&[3, 5, 2], Activation::Tanh, &mut rng).to_f64(), &[4, 3]);
}

#[test]
#[should_panic(expected = "2: Linear::backward: no forward call to go back through")]
fn backward_without_forward_is_refused() {
    Mlp::new(&[3, 4, 2], Activation::Relu, &mut Rng::new(6, "weights")).backward(Tensor::ones([1, 2]));
}

#[test]
#[should_panic(expected = "0: matmul: inner sizes differ: [1, 5] x [3, 4]")]
fn errors_name_the_layer() {
    Mlp::new(&[3, 4, 2], Activation::Relu, &mut Rng::new(6, "weights")).forward(Tensor::ones([1, 5]));
}

#[test]
#[should_panic(expected = "Linear::backward: a gradient of shape [6, 2] for an output of [2, 3, 2]")]
fn linear_refuses_a_gradient_of_another_shape() {
    // As many numbers as needed, so that the products would fit.
    let mut layer = Linear::new(4, 2, &mut Rng::new(6, "weights"));
    layer.forward(Tensor::ones([2, 3, 4]));
    layer.backward(Tensor::ones([6, 2]));
}

#[test]
#[should_panic(expected = "weight [2, 3] and bias Some([1]) are not [out, in] and [out]")]
fn linear_refuses_a_bias_that_would_broadcast() {
    Linear::from_parts(Tensor::ones([2, 3]), Some(Tensor::ones([1])));
}

#[test]
#[should_panic(expected = "accuracy: as many labels as examples")]
fn accuracy_needs_a_label_for_each_example() {
    let model = Linear::new(3, 2, &mut Rng::new(6, "weights"));
    ch05_backprop::accuracy(&model, &Tensor::ones([4, 3]), &Array::<i64>::from([0, 1]));
}

#[test]
fn predictions_go_on_behind_the_first_batch() {
    // Row i has its larger number in column i % 2, and the layer is the identity.
    let model = Linear::from_parts(Tensor::eye(2), None);
    let x = Tensor::from_fn([2500, 2], |i| if i[0] % 2 == i[1] { 1.0 } else { 0.0 });
    let guesses = ch05_backprop::predict(&model, &x);
    assert!(guesses.iter().enumerate().all(|(row, guess)| guess == row as i64 % 2));
}

#[test]
fn a_residual_needs_equal_shapes() {
    let layer = Residual::new(Linear::new(3, 2, &mut Rng::new(7, "weights")));
    let panic = std::panic::catch_unwind(|| layer.infer(Tensor::ones([1, 3]))).expect_err("must be refused");
    let message = panic.downcast_ref::<String>().expect("a text");
    // No path in front: the sum is the residual's own, not its inner layer's.
    assert_eq!(message, "Residual: the inner layer turns [1, 3] into [1, 2]: they cannot be added");
}

/// `<f(x + tz) - f(x), g> / t` for small t is `<z, f'(x)ᵀ g>`: the backward pass is the adjoint of the derivative.
fn assert_adjoint(layer: &mut impl Layer<f64>, x: &Array<f64>, seed: u64) {
    let t = 1e-6;
    let y = layer.forward(x.clone());
    let (g, z) = (random(y.shape(), seed), random(x.shape(), seed + 1));
    let moved = layer.infer(x + &(&z * t)) - layer.infer(x - &(&z * t));
    let forward = (moved * &g).sum_all() / (2.0 * t);
    let backward = (layer.backward(g) * &z).sum_all();
    // Central differences with t = 1e-6 leave about 1e-10 of rounding relative to the size of the outputs.
    assert!(
        (forward - backward).abs() <= 1e-6 * (1.0 + forward.abs()),
        "{forward} forward, {backward} backward"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn property_linear_is_the_adjoint_of_its_derivative(n in 1..5usize, i in 1..6usize, o in 1..6usize, seed in 0..1000u64) {
        let mut layer = Linear::new(i, o, &mut Rng::new(seed, "weights")).to_f64();
        assert_adjoint(&mut layer, &random(&[n, i], seed), seed);
    }

    #[test]
    fn property_residual_is_the_adjoint_of_its_derivative(n in 1..5usize, i in 1..6usize, seed in 0..1000u64) {
        let layer = Linear::new(i, i, &mut Rng::new(seed, "weights")).to_f64();
        assert_adjoint(&mut Residual::new(layer), &random(&[n, i], seed), seed);
    }

    #[test]
    fn property_mlp_is_the_adjoint_of_its_derivative(n in 1..5usize, i in 1..6usize, seed in 0..1000u64) {
        let mut mlp = Mlp::new(&[i, 7, 3], Activation::Tanh, &mut Rng::new(seed, "weights")).to_f64();
        assert_adjoint(&mut mlp, &random(&[n, i], seed), seed);
    }

    #[test]
    fn property_activation_layer_is_the_adjoint_of_its_derivative(n in 1..20usize, seed in 0..1000u64) {
        assert_adjoint(&mut ActivationLayer::new(Activation::Silu), &random(&[n], seed), seed);
    }

    #[test]
    fn property_p_relu_is_homogeneous(n in 1..20usize, seed in 0..1000u64, scale in 0.1..10.0f64) {
        // f(sx) = s f(x) for s > 0, and the gradient does not change with s.
        let mut layer = PRelu::new(1).to_f64();
        let (x, g) = (away_from_zero(&[n], seed), random(&[n], seed));
        let close = |a: Array<f64>, b: Array<f64>| (a - b).abs().max(.., false).item() < 1e-12 * scale.max(1.0);
        prop_assert!(close(layer.infer(&x * scale), layer.infer(x.clone()) * scale));
        layer.forward(x.clone());
        let dx = layer.backward(g.clone());
        layer.forward(&x * scale);
        prop_assert!(close(layer.backward(g), dx));
    }
}

/// f32 carries 24 bits. A sum of k products is off by about sqrt(k) 2^-24 of its terms' size; with k below 300 and
/// terms of order 1, 2e-5 absolute and relative leaves a factor of ten.
const ROUNDING: f64 = 2e-5;

/// Random shapes, odd ones among them.
fn shapes(seed: u64) -> [usize; 3] {
    let mut rng = Rng::new(seed, "shapes");
    [1 + rng.below(70), 1 + rng.below(200), 1 + rng.below(90)]
}

#[test]
fn fast_linear_against_f64() {
    for seed in 0..20 {
        let [n, i, o] = shapes(seed);
        let mut layer = Linear::new(i, o, &mut Rng::new(seed, "weights"));
        let mut plain = layer.to_f64();
        assert_fast(&mut layer, &mut plain, &random(&[n, i], seed), ROUNDING);
    }
}

#[test]
fn fast_residual_against_f64() {
    for seed in 0..10 {
        let [n, i, _] = shapes(seed);
        let layer = Linear::new(i, i, &mut Rng::new(seed, "weights"));
        let mut plain = Residual::new(layer.to_f64());
        assert_fast(&mut Residual::new(layer), &mut plain, &random(&[n, i], seed), ROUNDING);
    }
}

#[test]
fn fast_mlp_against_f64() {
    for seed in 0..10 {
        let [n, i, o] = shapes(seed);
        let mut layer = Mlp::new(&[i, 50, 33, o], Activation::Tanh, &mut Rng::new(seed, "weights"));
        let mut plain = layer.to_f64();
        assert_fast(&mut layer, &mut plain, &random(&[n, i], seed), ROUNDING);
    }
}

#[test]
fn fast_activation_layer_against_f64() {
    for seed in 0..10 {
        let [n, i, _] = shapes(seed);
        let (mut fast, mut plain) =
            (ActivationLayer::new(Activation::Silu), ActivationLayer::new(Activation::Silu));
        assert_fast(&mut fast, &mut plain, &random(&[n, i], seed), ROUNDING);
    }
}

#[test]
fn fast_p_relu_against_f64() {
    for seed in 0..10 {
        let [n, i, _] = shapes(seed);
        let mut layer = PRelu::new(i);
        let mut plain = layer.to_f64();
        assert_fast(&mut layer, &mut plain, &random(&[n, i], seed), ROUNDING);
    }
}
