//! The traps of the book's page, as facts.

use ch01_tensors::{Array, Tensor};
use ch03_neurons::{sigmoid, sigmoid_backward, softmax};
use ch04_losses::*;

#[test]
fn softmax_twice_cannot_get_below_a_floor() {
    // Logits that are right beyond doubt cost nothing; through a softmax first they cost ln(1 + 9/e).
    let (z, y) =
        (Tensor::from_fn([1, 10], |at| if at[1] == 3 { 100.0 } else { 0.0 }), Array::<i64>::from([3]));
    let ce = CrossEntropy::default();
    assert!(ce.forward(&z, &y).item() < 1e-6);
    let twice = ce.forward(&softmax(z, 1), &y).item();
    assert!((twice - (1.0 + 9.0 * (-1f32).exp()).ln()).abs() < 1e-6, "{twice}"); // a few roundings near 1.5
}

#[test]
fn the_logarithm_of_a_rounded_probability_is_infinite() {
    let x = Tensor::from([20.0]);
    assert_eq!(-(1.0 - sigmoid(x.clone())[[0]]).ln(), f32::INFINITY);
    let loss = BceWithLogits::default().forward(&x, &x.zeros_like()).item();
    assert!((loss - 20.0).abs() < 1e-5, "{loss}"); // 20 + 2e-9, rounded to the next of steps of 2e-6
}

#[test]
fn squared_error_lets_go_of_a_confidently_wrong_answer() {
    let (x, yes, one) = (Array::from([-8.0f64]), Array::from([1.0]), Array::scalar(1.0));
    let p = sigmoid(x.clone());
    let squared = sigmoid_backward(mse_backward(&one, &p, &yes, Reduction::Mean), &p).item();
    let bce = BceWithLogits::default().backward(&one, &x, &yes).item();
    assert!(squared.abs() < 1e-3 && bce < -0.999, "{squared} and {bce}");
}
