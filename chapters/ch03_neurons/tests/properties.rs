//! Laws that the activations keep, for random arrays (proptest; its failures name their seed).
//!
//! Tolerance: 1e-12 in 64 bits, where everything rounds to 1e-16 and the numbers are below 100.

use approx::relative_eq;
use ch01_tensors::{Array, Rng};
use ch03_neurons::*;
use proptest::prelude::*;

/// Arrays of one to three axes with normal numbers of standard deviation 3.
fn arrays() -> impl Strategy<Value = Array<f64>> {
    (prop::collection::vec(1usize..7, 1..4), any::<u64>())
        .prop_map(|(shape, seed)| Array::normal(&shape[..], 0.0, 3.0, &mut Rng::new(seed, "properties")))
}

fn like(x: &Array<f64>, seed: u64) -> Array<f64> {
    Array::normal(*x.shape(), 0.0, 1.0, &mut Rng::new(seed, "gradients"))
}

fn near(a: &Array<f64>, b: &Array<f64>) -> bool {
    let near = |(a, b): (f64, f64)| relative_eq!(a, b, epsilon = 1e-12, max_relative = 1e-12);
    a.shape() == b.shape() && a.iter().zip(b.iter()).all(near)
}

/// `f(x) - f(-x) = x`: what every "x times a symmetric gate" keeps, and softplus.
fn splits(f: impl Fn(Array<f64>) -> Array<f64>, x: &Array<f64>) -> bool {
    near(&(f(x.clone()) - f(-x)), x)
}

/// Elementwise functions: the gradient at a place depends on that place alone, and linearly on the gradient above.
fn backward_is_diagonal_and_linear(
    backward: impl Fn(Array<f64>, &Array<f64>) -> Array<f64>,
    x: &Array<f64>,
) -> bool {
    let (g, h) = (like(x, 1), like(x, 2));
    let combined = backward(&g * 2.0 - &h * 3.0, x);
    let linear = near(&combined, &(backward(g.clone(), x) * 2.0 - backward(h, x) * 3.0));
    let slope = backward(x.ones_like(), x);
    linear && near(&backward(g.clone(), x), &(g * &slope))
}

/// The mean along the axis is taken off, whatever the gradient: shifting x changes nothing.
fn sums_to_zero(dx: &Array<f64>, axis: isize) -> bool {
    dx.sum(axis, false).iter().all(|sum| sum.abs() < 1e-12)
}

proptest! {
    #[test]
    fn property_relu_splits_and_scales(x in arrays(), scale in 0.01f64..9.0) {
        prop_assert!(splits(relu, &x));
        prop_assert!(near(&relu(&x * scale), &(relu(x.clone()) * scale)));
        prop_assert!(backward_is_diagonal_and_linear(relu_backward, &x));
    }

    #[test]
    fn property_leaky_relu_is_made_of_two_relus(x in arrays(), slope in -1.0f64..1.0) {
        prop_assert!(near(&leaky_relu(x.clone(), slope), &(relu(x.clone()) - relu(-&x) * slope)));
        prop_assert!(backward_is_diagonal_and_linear(|g, x| leaky_relu_backward(g, x, slope), &x));
    }

    #[test]
    fn property_prelu_with_one_slope_is_leaky(x in arrays(), slope in -1.0f64..1.0) {
        let slopes = Array::full([1], slope);
        prop_assert!(near(&prelu(x.clone(), &slopes), &leaky_relu(x.clone(), slope)));
        let g = like(&x, 1);
        let (dx, one) = prelu_backward(&g, &x, &slopes);
        prop_assert!(near(&dx, &leaky_relu_backward(g.clone(), &x, slope)));
        if x.ndim() > 1 {
            // The gradient of the one slope is the sum of those of the channels.
            let many = prelu_backward(&g, &x, &Array::full([x.dim(1)], slope)).1;
            prop_assert!((many.sum_all() - one.item()).abs() < 1e-10);
        }
    }

    #[test]
    fn property_elu_is_bounded_below_and_monotone(x in arrays(), alpha in 0.1f64..2.0) {
        let y = elu(x.clone(), alpha);
        prop_assert!(y.iter().all(|y| y >= -alpha));
        prop_assert!(near(&relu(y), &relu(x.clone())));
        prop_assert!(elu_backward(x.ones_like(), &x, alpha).iter().all(|slope| slope > 0.0));
        prop_assert!(backward_is_diagonal_and_linear(|g, x| elu_backward(g, x, alpha), &x));
    }

    #[test]
    fn property_selu_is_a_scaled_elu(x in arrays()) {
        prop_assert!(near(&selu(x.clone()), &(elu(x.clone(), SELU_ALPHA) * SELU_SCALE)));
        prop_assert!(backward_is_diagonal_and_linear(selu_backward, &x));
    }

    #[test]
    fn property_gelu_splits(x in arrays()) {
        prop_assert!(splits(gelu, &x));
        prop_assert!(backward_is_diagonal_and_linear(gelu_backward, &x));
    }

    #[test]
    fn property_gelu_tanh_splits_and_is_near_gelu(x in arrays()) {
        prop_assert!(splits(gelu_tanh, &x));
        // Hendrycks and Gimpel chose the cubic so; the largest difference is 4.8e-4, near ±2.7.
        let difference = gelu_tanh(x.clone()) - gelu(x.clone());
        prop_assert!(difference.iter().all(|d| d.abs() < 5e-4));
        prop_assert!(backward_is_diagonal_and_linear(gelu_tanh_backward, &x));
    }

    #[test]
    fn property_silu_splits(x in arrays()) {
        prop_assert!(splits(silu, &x));
        prop_assert!(backward_is_diagonal_and_linear(silu_backward, &x));
    }

    #[test]
    fn property_hard_swish_splits(x in arrays()) {
        prop_assert!(splits(hard_swish, &x));
        prop_assert!(backward_is_diagonal_and_linear(hard_swish_backward, &x));
    }

    #[test]
    fn property_softplus_splits(x in arrays(), beta in 0.2f64..3.0) {
        let f = |x| softplus(x, beta, f64::INFINITY);
        prop_assert!(splits(f, &x));
        prop_assert!(f(x.clone()).iter().zip(x.iter()).all(|(y, x)| y > x && y > 0.0));
        prop_assert!(backward_is_diagonal_and_linear(|g, x| softplus_backward(g, x, beta, 4.0), &x));
    }

    #[test]
    fn property_sigmoid_mirrors(x in arrays()) {
        let sum = sigmoid(x.clone()) + sigmoid(-&x);
        prop_assert!(near(&sum, &x.ones_like()));
        prop_assert!(backward_is_diagonal_and_linear(|g, x| sigmoid_backward(g, &sigmoid(x.clone())), &x));
    }

    #[test]
    fn property_tanh_is_odd_and_a_stretched_sigmoid(x in arrays()) {
        let y = tanh(x.clone());
        prop_assert!(near(&tanh(-&x), &-&y));
        prop_assert!(near(&y, &(sigmoid(&x * 2.0) * 2.0 - 1.0)));
        prop_assert!(backward_is_diagonal_and_linear(|g, x| tanh_backward(g, &tanh(x.clone())), &x));
    }

    #[test]
    fn property_softmax_is_a_distribution_and_ignores_shifts(x in arrays(), shift in -900.0f64..900.0) {
        for axis in 0..x.ndim() as isize {
            let y = softmax(x.clone(), axis);
            prop_assert!(y.iter().all(|p| (0.0..=1.0).contains(&p)));
            prop_assert!(y.sum(axis, false).iter().all(|sum| (sum - 1.0).abs() < 1e-12));
            // Adding the shift rounds x to 1e-13 of it.
            let moved = softmax(&x + shift, axis);
            prop_assert!(moved.iter().zip(y.iter()).all(|(a, b)| (a - b).abs() < 1e-11));
            prop_assert!(near(&softmax(x.clone().flip(axis), axis), &y.clone().flip(axis)));
            let (u, v) = (like(&x, 1), like(&x, 2));
            let (ju, jv) = (softmax_backward(u.clone(), &y, axis), softmax_backward(v.clone(), &y, axis));
            // The Jacobian is symmetric: <J u, v> = <u, J v>.
            prop_assert!(((&ju * &v).sum_all() - (&jv * &u).sum_all()).abs() < 1e-12);
            prop_assert!(sums_to_zero(&ju, axis));
            let both = softmax_backward(u * 2.0 - v * 3.0, &y, axis);
            prop_assert!(near(&both, &(ju * 2.0 - jv * 3.0)));
        }
    }

    #[test]
    fn property_log_softmax_is_the_logarithm_of_softmax(x in arrays()) {
        for axis in 0..x.ndim() as isize {
            let y = log_softmax(x.clone(), axis);
            prop_assert!(near(&y.clone().exp(), &softmax(x.clone(), axis)));
            prop_assert!(near(&log_softmax(y.clone(), axis), &y));
            let g = like(&x, 1);
            prop_assert!(sums_to_zero(&log_softmax_backward(g.clone(), &y, axis), axis));
            // By the chain rule through softmax: g/p there is g here.
            let p = softmax(x.clone(), axis);
            let through = softmax_backward(&g / &p, &p, axis);
            let direct = log_softmax_backward(g, &y, axis);
            prop_assert!(through.iter().zip(direct.iter()).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }
}

#[test]
fn far_out_nothing_overflows() {
    let x = Array::from([-1e30f32, -200.0, 200.0, 1e30]);
    let g = x.ones_like();
    assert_eq!(sigmoid(x.clone()).to_vec(), [0.0, 0.0, 1.0, 1.0]);
    assert_eq!(softplus(x.clone(), 1.0, f64::INFINITY).to_vec(), [0.0, 0.0, 200.0, 1e30]);
    for activation in Activation::ALL {
        assert!(activation.backward(g.clone(), &x).iter().all(f32::is_finite), "{activation:?}");
        let y = activation.forward(x.clone());
        // The cubic in hard-swish's middle and GELU's tanh form may overflow; the result may not.
        assert!(y.iter().all(|y| !y.is_nan()), "{activation:?}: {:?}", y.to_vec());
        let nan = activation.forward(Array::from([f32::NAN])).item();
        assert!(nan.is_nan(), "{activation:?} of NaN is {nan}");
    }
    let logits = Array::from([[1e30f32, 0.0, -1e30]]);
    assert_eq!(softmax(logits.clone(), 1).to_vec(), [1.0, 0.0, 0.0]);
    assert_eq!(log_softmax(logits, 1).to_vec(), [0.0, -1e30, -2e30]);
    assert!(softmax(Array::from([f32::NEG_INFINITY; 2]), 0).iter().all(f32::is_nan));
}
