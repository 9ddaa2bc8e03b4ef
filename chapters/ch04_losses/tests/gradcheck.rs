//! Every backward pass against numerical gradients, in f64.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch04_losses::{CrossEntropy, Reduction};

#[test]
fn gradcheck_cross_entropy() {
    let mut rng = Rng::new(1, "cross_entropy");
    let logits = Array::<f64>::normal([4, 5, 3], 0.0, 2.0, &mut rng);
    let labels = Array::<i64>::from_fn([4, 3], |_| rng.below(5) as i64);
    let weight = Array::<f64>::uniform([5], 0.5, 2.0, &mut rng);
    for (label_smoothing, weight) in [(0.0, None), (0.1, None), (0.2, Some(weight))] {
        let ce = CrossEntropy { label_smoothing, weight, ..Default::default() };
        let a = ce.backward(&Array::scalar(1.0), &logits, &labels);
        let n = numerical_gradient(|z| ce.forward(z, &labels).item(), &logits);
        assert_gradient("logits", &a, &n);
    }
}

#[test]
fn a_uniform_prediction_costs_the_logarithm_of_the_number_of_classes() {
    let loss = CrossEntropy::default().forward(&Tensor::zeros([2, 10]), &Array::<i64>::from([3, 7]));
    assert!((loss.item() - 10f32.ln()).abs() < 1e-6);
    let none = CrossEntropy { reduction: Reduction::None, ..Default::default() };
    assert_eq!(*none.forward(&Tensor::zeros([2, 10]), &Array::<u8>::from([3, 7])).shape(), [2]);
}
