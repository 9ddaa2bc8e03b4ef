//! The perceptron and the forward pass of the MLP.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::erf::erf_f64;
use ch03_neurons::{Activation, Mlp, Perceptron, SELU_ALPHA, SELU_SCALE};

/// Points in the unit square at least `margin` from a line, labelled by their side. Seed 5.
fn separable(n: usize, margin: f64) -> (Array<f64>, Array<f64>) {
    let mut rng = Rng::new(5, "points");
    let (mut points, mut labels) = (Vec::new(), Vec::new());
    while labels.len() < n {
        let [x, y] = [rng.uniform(), rng.uniform()];
        let distance = 0.6 * x + 0.8 * y - 0.7;
        if distance.abs() >= margin {
            points.extend([x, y]);
            labels.push(distance.signum());
        }
    }
    (Array::from_slice(&points, [n, 2]), Array::from_slice(&labels, [n]))
}

#[test]
fn the_perceptron_converges_within_novikoffs_bound() {
    for margin in [0.2, 0.1, 0.03] {
        let (x, labels) = separable(200, margin);
        let mut perceptron = Perceptron::new(2);
        let mistakes = perceptron.train(&x, &labels, 100_000);
        assert_eq!(mistakes.last(), Some(&0));
        // (x, 1) is at most √3 long; the separating vector (0.6, 0.8, -0.7) has length √1.49.
        let bound = 3.0 * 1.49 / (margin * margin);
        let made: usize = mistakes.iter().sum();
        assert!(made > 0 && (made as f64) <= bound, "{made} mistakes, bound {bound}");
    }
}

#[test]
fn exclusive_or_is_not_separable() {
    let x = Array::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let labels = Array::from([-1.0, 1.0, 1.0, -1.0]);
    let mistakes = Perceptron::new(2).train(&x, &labels, 1000);
    assert_eq!(mistakes.len(), 1000);
    assert!(mistakes.iter().all(|&m| m > 0));
}

#[test]
#[should_panic(expected = "Perceptron::train: examples [3, 2] and labels [2] for 2 features")]
fn examples_without_labels_are_refused() {
    Perceptron::new(2).train(&Array::<f64>::ones([3, 2]), &Array::ones([2]), 1);
}

#[test]
fn two_layers_compute_exclusive_or() {
    // h = relu(x + y), relu(x + y - 1); the output is h0 - 2 h1.
    let mlp = Mlp {
        layers: vec![
            (Array::from([[1.0, 1.0], [1.0, 1.0]]), Array::from([0.0, -1.0])),
            (Array::from([[1.0, -2.0]]), Array::from([0.0])),
        ],
        activation: Activation::Relu,
    };
    let x = Array::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    assert_eq!(mlp.forward(x).to_vec(), [0.0, 1.0, 1.0, 0.0]);
}

#[test]
fn forward_and_trace_agree() {
    let mut rng = Rng::new(3, "trace");
    let mlp = Mlp::<f32>::new(&[5, 7, 3, 2], Activation::Gelu, 1.0, &mut rng);
    let x = Tensor::normal([4, 5], 0.0, 1.0, &mut rng);
    let traces = mlp.trace(&x);
    let shapes: Vec<_> = traces.iter().map(|trace| trace.after.shape()[..].to_vec()).collect();
    assert_eq!(shapes, [[4, 7], [4, 3], [4, 2]]);
    assert!(traces[2].after == mlp.forward(x));
    assert!(traces[0].after == Activation::Gelu.forward(traces[0].before.clone()));
}

#[test]
fn layers_without_activation_collapse_to_one() {
    let mut rng = Rng::new(3, "collapse");
    let mut mlp = Mlp::<f64>::new(&[5, 9, 8, 3], Activation::Identity, 1.0, &mut rng);
    for (_, bias) in &mut mlp.layers {
        *bias = Array::normal(*bias.shape(), 0.0, 1.0, &mut rng);
    }
    let x = Array::normal([20, 5], 0.0, 1.0, &mut rng);
    let (deep, one) = (mlp.forward(x.clone()), mlp.collapse().forward(x));
    assert!(deep.iter().zip(one.iter()).all(|(a, b)| (a - b).abs() < 1e-12));
}

#[test]
#[should_panic(expected = "Mlp::collapse: Relu is not linear")]
fn others_do_not() {
    Mlp::<f32>::new(&[2, 2], Activation::Relu, 1.0, &mut Rng::new(0, "")).collapse();
}

#[test]
#[should_panic(expected = "matmul: inner sizes differ: [4, 6] x [5, 7]")]
fn inputs_that_do_not_fit_are_named() {
    Mlp::<f32>::new(&[5, 7], Activation::Relu, 1.0, &mut Rng::new(0, "")).forward(Tensor::ones([4, 6]));
}

/// The mean and the mean square of SELU of a standard normal number, integrated by hand.
#[test]
fn the_constants_of_selu_keep_mean_0_and_variance_1() {
    let phi = |x: f64| 0.5 * (1.0 + erf_f64(x / 2f64.sqrt()));
    let (root_e, e2) = (0.5f64.exp(), 2f64.exp());
    let mean = 1.0 / std::f64::consts::TAU.sqrt() + SELU_ALPHA * (root_e * phi(-1.0) - 0.5);
    let below = e2 * phi(-2.0) - 2.0 * root_e * phi(-1.0) + 0.5;
    let square = SELU_SCALE.powi(2) * (0.5 + SELU_ALPHA.powi(2) * below);
    assert!(mean.abs() < 1e-15 && (square - 1.0).abs() < 1e-15, "{mean:e} {square}");
}
