//! The fast 32-bit paths against the plain ones in 64 bits, forward and backward, over random shapes (seed 3).
//!
//! Tolerance: `2e-6 (1 + |want|)`. The functions are off by up to 3 ulp of 6e-8, GELU multiplies by |x| <= 12, and the few
//! further operations round as well.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::*;

/// Shapes of up to four axes, one with many elements, so that threads take part, and one empty.
fn shapes(rng: &mut Rng) -> Vec<Vec<usize>> {
    let mut shapes: Vec<Vec<usize>> =
        (0..12).map(|i| (0..i % 5).map(|_| 1 + rng.below(9)).collect()).collect();
    shapes.extend([vec![257, 300], vec![3, 70_001], vec![3, 0, 2]]);
    shapes
}

#[track_caller]
fn assert_near(what: &str, fast: &Tensor, plain: &Array<f64>) {
    assert_eq!(fast.shape(), plain.shape(), "{what}");
    for (i, (fast, plain)) in fast.iter().zip(plain.iter()).enumerate() {
        let near = (f64::from(fast) - plain).abs() <= 2e-6 * (1.0 + plain.abs());
        assert!(near, "{what}, element {i}: {fast:e} fast, {plain:e} plain");
    }
}

/// `pass(x, g)` gives the results of forward and backward in either precision.
fn check(
    what: &str,
    fast: impl Fn(Tensor, Tensor) -> [Tensor; 2],
    plain: impl Fn(Array<f64>, Array<f64>) -> [Array<f64>; 2],
) {
    let mut rng = Rng::new(3, what);
    for shape in shapes(&mut rng) {
        let x = Tensor::uniform(&shape[..], -12.0, 12.0, &mut rng);
        let g = Tensor::uniform(&shape[..], -1.0, 1.0, &mut rng);
        let views = if shape.len() < 2 { vec![(x, g)] } else { vec![(x.clone().t(), g.clone().t()), (x, g)] };
        for (x, g) in views {
            let want = plain(x.to_f64(), g.to_f64());
            for (got, want) in fast(x, g).iter().zip(&want) {
                assert_near(what, got, want);
            }
        }
    }
}

#[test]
fn fast_relu_against_plain() {
    check(
        "relu",
        |x, g| [relu(x.clone()), relu_backward(g, &x)],
        |x, g| [relu(x.clone()), relu_backward(g, &x)],
    );
}

#[test]
fn fast_leaky_relu_against_plain() {
    check(
        "leaky_relu",
        |x, g| [leaky_relu(x.clone(), 0.2), leaky_relu_backward(g, &x, 0.2)],
        |x, g| [leaky_relu(x.clone(), 0.2), leaky_relu_backward(g, &x, 0.2)],
    );
}

#[test]
fn fast_elu_against_plain() {
    check(
        "elu",
        |x, g| [elu(x.clone(), 0.7), elu_backward(g, &x, 0.7)],
        |x, g| [elu(x.clone(), 0.7), elu_backward(g, &x, 0.7)],
    );
}

#[test]
fn fast_selu_against_plain() {
    check(
        "selu",
        |x, g| [selu(x.clone()), selu_backward(g, &x)],
        |x, g| [selu(x.clone()), selu_backward(g, &x)],
    );
}

#[test]
fn fast_gelu_against_plain() {
    check(
        "gelu",
        |x, g| [gelu(x.clone()), gelu_backward(g, &x)],
        |x, g| [gelu(x.clone()), gelu_backward(g, &x)],
    );
}

#[test]
fn fast_gelu_tanh_against_plain() {
    check(
        "gelu_tanh",
        |x, g| [gelu_tanh(x.clone()), gelu_tanh_backward(g, &x)],
        |x, g| [gelu_tanh(x.clone()), gelu_tanh_backward(g, &x)],
    );
}

#[test]
fn fast_silu_against_plain() {
    check(
        "silu",
        |x, g| [silu(x.clone()), silu_backward(g, &x)],
        |x, g| [silu(x.clone()), silu_backward(g, &x)],
    );
}

#[test]
fn fast_sigmoid_against_plain() {
    check(
        "sigmoid",
        |x, g| [sigmoid(x.clone()), sigmoid_backward(g, &sigmoid(x))],
        |x, g| [sigmoid(x.clone()), sigmoid_backward(g, &sigmoid(x))],
    );
}

#[test]
fn fast_tanh_against_plain() {
    check(
        "tanh",
        |x, g| [tanh(x.clone()), tanh_backward(g, &tanh(x))],
        |x, g| [tanh(x.clone()), tanh_backward(g, &tanh(x))],
    );
}

#[test]
fn fast_softplus_against_plain() {
    check(
        "softplus",
        |x, g| [softplus(x.clone(), 1.5, 12.0), softplus_backward(g, &x, 1.5, 12.0)],
        |x, g| [softplus(x.clone(), 1.5, 12.0), softplus_backward(g, &x, 1.5, 12.0)],
    );
}

#[test]
fn fast_hard_swish_against_plain() {
    check(
        "hard_swish",
        |x, g| [hard_swish(x.clone()), hard_swish_backward(g, &x)],
        |x, g| [hard_swish(x.clone()), hard_swish_backward(g, &x)],
    );
}

#[test]
fn fast_softmax_against_plain() {
    check(
        "softmax",
        |x, g| [softmax(x.clone(), 0), softmax_backward(g, &softmax(x, 0), 0)],
        |x, g| [softmax(x.clone(), 0), softmax_backward(g, &softmax(x, 0), 0)],
    );
}

#[test]
fn fast_log_softmax_against_plain() {
    check(
        "log_softmax",
        |x, g| [log_softmax(x.clone(), -1), log_softmax_backward(g, &log_softmax(x, -1), -1)],
        |x, g| [log_softmax(x.clone(), -1), log_softmax_backward(g, &log_softmax(x, -1), -1)],
    );
}

#[test]
fn fast_prelu_against_plain() {
    let slope = Tensor::scalar(0.3).reshape([1]);
    let wide = slope.to_f64();
    check(
        "prelu",
        |x, g| [prelu(x.clone(), &slope), prelu_backward(&g, &x, &slope).0],
        |x, g| [prelu(x.clone(), &wide), prelu_backward(&g, &x, &wide).0],
    );
}

/// Rows whose sums have many terms of both signs.
#[test]
fn fast_softmax_along_long_rows() {
    let mut rng = Rng::new(3, "rows");
    for axis in [0, 1, -1] {
        let x = Tensor::normal([5, 300, 70], 0.0, 4.0, &mut rng);
        let g = Tensor::normal([5, 300, 70], 0.0, 1.0, &mut rng);
        let (fast, plain) = (softmax(x.clone(), axis), softmax(x.to_f64(), axis));
        assert_near("softmax", &fast, &plain);
        let backward = softmax_backward(g.clone(), &fast, axis);
        assert_near("softmax_backward", &backward, &softmax_backward(g.to_f64(), &plain, axis));
        let (fast, plain) = (log_softmax(x.clone(), axis), log_softmax(x.to_f64(), axis));
        assert_near("log_softmax", &fast, &plain);
        let backward = log_softmax_backward(g.clone(), &fast, axis);
        // The sum of 300 gradients is near 17, and each is off by 6e-8 of the partial sums.
        let (backward, want) = (backward / 10.0, log_softmax_backward(g.to_f64(), &plain, axis) / 10.0);
        assert_near("log_softmax_backward", &backward, &want);
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let x = Tensor::normal([700, 333], 0.0, 3.0, &mut Rng::new(3, "threads"));
    let all = || {
        let each = Activation::ALL.iter().map(|a| (a.forward(x.clone()), a.backward(x.clone(), &x)));
        (each.collect::<Vec<_>>(), softmax(x.clone(), 0), log_softmax(x.clone(), 1))
    };
    let [one, two, five] = [1, 2, 5]
        .map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(all));
    assert!(one == two && one == five);
}
