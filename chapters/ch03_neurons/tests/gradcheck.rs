//! Every backward pass against finite differences, in 64 bits, element by element, on arrays laid out in several ways.

use ch01_tensors::{Array, Rng};
use ch03_neurons::*;

/// Numbers in ±6, at least 0.05 from every kink: the differences reach 0.012 to each side there.
fn away_from(kinks: &[f64], shape: &[usize], rng: &mut Rng) -> Array<f64> {
    let mut draw = || loop {
        let x = 12.0 * rng.uniform() - 6.0;
        if kinks.iter().all(|kink| (x - kink).abs() > 0.05) {
            return x;
        }
    };
    Array::from_fn(shape, |_| draw())
}

/// The same shape, seen through different strides: contiguous, permuted, flipped, broadcast.
fn layouts(kinks: &[f64], rng: &mut Rng) -> Vec<Array<f64>> {
    vec![
        away_from(kinks, &[4, 3, 5], rng),
        away_from(kinks, &[5, 4, 3], rng).permute([1, 2, 0]),
        away_from(kinks, &[4, 3, 5], rng).flip(1).flip(2),
        away_from(kinks, &[4, 1, 5], rng).broadcast_to([4, 3, 5]),
        away_from(kinks, &[3], rng),
        away_from(kinks, &[], rng),
    ]
}

/// Checks `backward` for the loss `Σ g f(x)` with random `g`, which is strided too.
fn check(
    what: &str,
    kinks: &[f64],
    forward: impl Fn(Array<f64>) -> Array<f64>,
    backward: impl Fn(Array<f64>, &Array<f64>) -> Array<f64>,
) {
    let mut rng = Rng::new(3, what);
    for x in layouts(kinks, &mut rng) {
        let contiguous = Array::normal(*x.shape(), 0.0, 1.0, &mut rng);
        let strided = if x.ndim() == 0 { contiguous.clone() } else { contiguous.clone().flip(0) };
        for g in [contiguous, strided] {
            let numeric = numerical_gradient(|x| (forward(x.clone()) * &g).sum_all(), &x);
            assert_gradient(what, &backward(g, &x), &numeric);
        }
    }
}

fn check_activation(activation: Activation, kinks: &[f64]) {
    let name = format!("{activation:?}");
    check(&name, kinks, |x| activation.forward(x), |g, x| activation.backward(g, x));
}

#[test]
fn gradcheck_relu() {
    check("relu", &[0.0], relu, relu_backward);
}

#[test]
fn gradcheck_leaky_relu() {
    for slope in [0.01, 0.3, -0.5] {
        check("leaky_relu", &[0.0], |x| leaky_relu(x, slope), |g, x| leaky_relu_backward(g, x, slope));
    }
}

#[test]
fn gradcheck_prelu() {
    let mut rng = Rng::new(3, "prelu");
    for (x, slopes) in layouts(&[0.0], &mut rng).into_iter().zip([3, 1, 3, 3, 1, 1]) {
        let slope = Array::uniform([slopes], -0.5, 0.5, &mut rng);
        let g = Array::normal(*x.shape(), 0.0, 1.0, &mut rng);
        let (dx, dslope) = prelu_backward(&g, &x, &slope);
        let loss = |x: &Array<f64>, slope: &Array<f64>| (prelu(x.clone(), slope) * &g).sum_all();
        assert_gradient("prelu, input", &dx, &numerical_gradient(|x| loss(x, &slope), &x));
        assert_gradient("prelu, slope", &dslope, &numerical_gradient(|slope| loss(&x, slope), &slope));
    }
}

#[test]
fn gradcheck_elu() {
    // With alpha 1 the slope is continuous at 0, but the second derivative is not.
    for alpha in [1.0, 0.3] {
        check("elu", &[0.0], |x| elu(x, alpha), |g, x| elu_backward(g, x, alpha));
    }
}

#[test]
fn gradcheck_selu() {
    check("selu", &[0.0], selu, selu_backward);
}

#[test]
fn gradcheck_gelu() {
    check("gelu", &[], gelu, gelu_backward);
}

#[test]
fn gradcheck_gelu_tanh() {
    check("gelu_tanh", &[], gelu_tanh, gelu_tanh_backward);
}

#[test]
fn gradcheck_silu() {
    check("silu", &[], silu, silu_backward);
}

#[test]
fn gradcheck_sigmoid() {
    check("sigmoid", &[], sigmoid, |g, x| sigmoid_backward(g, &sigmoid(x.clone())));
}

#[test]
fn gradcheck_tanh() {
    check("tanh", &[], tanh, |g, x| tanh_backward(g, &tanh(x.clone())));
}

#[test]
fn gradcheck_softplus() {
    for (beta, threshold) in [(1.0, 20.0), (2.5, 20.0), (0.5, 1.0)] {
        let kink = [threshold / beta];
        let backward = |g, x: &Array<f64>| softplus_backward(g, x, beta, threshold);
        check("softplus", &kink, |x| softplus(x, beta, threshold), backward);
    }
}

#[test]
fn gradcheck_hard_swish() {
    check("hard_swish", &[-3.0, 3.0], hard_swish, hard_swish_backward);
}

#[test]
fn gradcheck_softmax() {
    for axis in [-1, 0] {
        let backward = |g, x: &Array<f64>| softmax_backward(g, &softmax(x.clone(), axis), axis);
        check("softmax", &[], |x| softmax(x, axis), backward);
    }
    let mut rng = Rng::new(3, "softmax, middle axis");
    for x in layouts(&[], &mut rng).into_iter().filter(|x| x.ndim() == 3) {
        let g = Array::normal(*x.shape(), 0.0, 1.0, &mut rng);
        let numeric = numerical_gradient(|x| (softmax(x.clone(), 1) * &g).sum_all(), &x);
        assert_gradient("softmax", &softmax_backward(g, &softmax(x, 1), 1), &numeric);
    }
}

#[test]
fn gradcheck_log_softmax() {
    for axis in [-1, 0] {
        let backward = |g, x: &Array<f64>| log_softmax_backward(g, &log_softmax(x.clone(), axis), axis);
        check("log_softmax", &[], |x| log_softmax(x, axis), backward);
    }
}

#[test]
fn gradcheck_activation() {
    for activation in Activation::ALL {
        check_activation(activation, &[0.0, -3.0, 3.0]);
    }
}

#[test]
#[should_panic(expected = "gradient of twice relu, element")]
fn the_check_can_fail() {
    check("twice relu", &[0.0], relu, |g, x| relu_backward(g * 2.0, x));
}

#[test]
fn shapes_that_differ_are_refused() {
    let message = |activation: Activation| {
        let call = move || activation.backward(Array::<f32>::ones([3]), &Array::ones([2, 3]));
        *std::panic::catch_unwind(call).map(drop).expect_err("a panic").downcast::<String>().expect("a text")
    };
    for activation in Activation::ALL {
        let text = message(activation);
        assert!(text.ends_with("a gradient of shape [3] for values of shape [2, 3]"), "{text}");
    }
    assert!(message(Activation::Gelu).starts_with("gelu_backward: "));
}

#[test]
#[should_panic(expected = "prelu: slopes of shape [4] for values of shape [2, 3]: need [1] or [3]")]
fn slopes_that_do_not_fit_are_refused() {
    prelu(Array::<f32>::ones([2, 3]), &Array::ones([4]));
}
