//! Checks exercise e06_training.

#[allow(unused)]
#[path = "../exercises/e06_training.rs"]
mod training;

use ch00_start::check::close;
use ch01_tensors::Array;
use ch05_backprop::{Layer, Linear};
use training::{sgd_step, train_step};

const RATE: f64 = 0.5;
const X: [f64; 2] = [1.0, 2.0];

/// Softmax regression on one example of class 0, written out: the weight `[2, 2]` and the loss after each step.
fn by_hand(steps: usize, accumulate: bool, sign: f64) -> (Vec<f64>, Vec<f64>) {
    let (mut w, mut dw, mut losses) = (vec![0.1, 0.2, 0.3, -0.1], vec![0.0; 4], Vec::new());
    for _ in 0..steps {
        let z: Vec<f64> = (0..2).map(|o| w[2 * o] * X[0] + w[2 * o + 1] * X[1]).collect();
        let p0 = 1.0 / (1.0 + (z[1] - z[0]).exp());
        losses.push(-p0.ln());
        // dL/dz = p - onehot.
        for (o, dz) in [p0 - 1.0, 1.0 - p0].into_iter().enumerate() {
            for i in 0..2 {
                dw[2 * o + i] = if accumulate { dw[2 * o + i] } else { 0.0 } + dz * X[i];
            }
        }
        w.iter_mut().zip(&dw).for_each(|(w, dw)| *w += sign * RATE * dw);
    }
    (w, losses)
}

fn model() -> Linear<f64> {
    Linear::from_parts(Array::from([[0.1, 0.2], [0.3, -0.1]]), None)
}

#[test]
fn descent_moves_against_the_gradient_and_leaves_frozen_parameters() {
    let mut layer = model();
    layer.weight.grad = Array::from([[1.0, 2.0], [3.0, 4.0]]);
    sgd_step(&mut layer, RATE);
    let up: [f64; 4] = [0.6, 1.2, 1.8, 1.9];
    let mistake: [(&str, &[f64]); 1] = [("moved along the gradient: the loss grows", &up)];
    close("sgd_step", &layer.weight.value.to_vec(), &[-0.4, -0.8, -1.2, -2.1], 1e-12, &mistake);
    layer.weight.frozen = true;
    sgd_step(&mut layer, RATE);
    let message = "sgd_step: a frozen parameter moved";
    assert_eq!(layer.weight.value.to_vec()[0], -0.4, "{message}");
}

#[test]
fn three_steps() {
    let mut layer = model();
    let labels = Array::from([0i64]);
    let losses: Vec<f64> = (0..3).map(|_| train_step(&mut layer, Array::from([X]), &labels, RATE)).collect();
    let ((want, want_losses), (accumulated, _)) = (by_hand(3, false, -1.0), by_hand(3, true, -1.0));
    let (still, _) = by_hand(0, false, -1.0);
    let mistakes: [(&str, &[f64]); 2] = [
        ("the gradients of earlier steps were not forgotten", &accumulated),
        ("the weights did not move", &still),
    ];
    close("weights after three steps", &layer.weight.value.to_vec(), &want, 1e-9, &mistakes);
    close("losses", &losses, &want_losses, 1e-9, &[]);
}

#[test]
fn nothing_is_left_on_the_stack() {
    let mut layer = model();
    train_step(&mut layer, Array::from([X]), &Array::from([0i64]), RATE);
    let again =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| layer.backward(Array::ones([1, 2]))));
    assert!(again.is_err(), "train_step: every forward call needs its backward call");
}
