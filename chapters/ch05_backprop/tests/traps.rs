//! Classic mistakes, each with its symptom: the page of this chapter names them.

use ch01_tensors::{Array, Rng};
use ch03_neurons::Activation;
use ch04_losses::{CrossEntropy, Reduction, mse, mse_backward};
use ch05_backprop::{Layer, Linear, Mlp, for_each_param, sgd_step, zero_grad};

fn problem() -> (Mlp<f64>, Array<f64>, Array<i64>) {
    let mut rng = Rng::new(0, "traps");
    let model = Mlp::new(&[4, 16, 3], Activation::Tanh, &mut rng).to_f64();
    let x = Array::normal([24, 4], 0.0, 1.0, &mut rng);
    (model, x, Array::from_fn([24], |i| (i[0] % 3) as i64))
}

fn backward(model: &mut Mlp<f64>, x: &Array<f64>, labels: &Array<i64>, scale: f64) {
    let criterion = CrossEntropy::default();
    let logits = model.forward(x.clone());
    model.backward(criterion.backward(&Array::scalar(scale), &logits, labels));
}

fn gradients(model: &mut Mlp<f64>) -> Vec<f64> {
    let mut all = Vec::new();
    for_each_param(model, |_, param| all.extend(param.grad.iter()));
    all
}

/// The losses of 300 steps of linear regression, whose best loss is 0.
fn regression(forget: bool) -> Vec<f64> {
    let mut rng = Rng::new(0, "regression");
    let mut model = Linear::new(4, 1, &mut rng).to_f64();
    let x = Array::normal([32, 4], 0.0, 1.0, &mut rng);
    let y = x.sum(1, true);
    let mut losses = Vec::new();
    for _ in 0..300 {
        if forget {
            zero_grad(&mut model);
        }
        let guess = model.forward(x.clone());
        losses.push(mse(&guess, &y, Reduction::Mean).item());
        model.backward(mse_backward(&Array::scalar(1.0), &guess, &y, Reduction::Mean));
        sgd_step(&mut model, 0.05);
    }
    losses
}

#[test]
fn without_zero_grad_the_loss_swings_for_ever() {
    let (good, bad) = (regression(true), regression(false));
    assert!(good[299] < 1e-6 * good[0], "with zero_grad: from {} to {}", good[0], good[299]);
    // The sum of all gradients acts like a velocity without friction: the weights overshoot and come back, for ever.
    let late = bad[200..].iter().copied().fold(0.0, f64::max);
    assert!(late > 0.1 * bad[0], "without: from {} to at most {late} in the last 100 steps", bad[0]);
}

#[test]
fn accumulated_parts_need_their_share() {
    let (mut model, x, labels) = problem();
    zero_grad(&mut model);
    backward(&mut model, &x, &labels, 1.0);
    let whole = gradients(&mut model);

    let mut in_parts = |scale: f64| {
        zero_grad(&mut model);
        for part in 0..4 {
            let rows: Array<i64> = Array::arange(6 * part, 6 * (part + 1), 1);
            backward(&mut model, &x.index_select(0, &rows), &labels.index_select(0, &rows), scale);
        }
        gradients(&mut model)
    };
    let (right, wrong) = (in_parts(0.25), in_parts(1.0));
    for ((whole, right), wrong) in whole.iter().zip(right).zip(wrong) {
        assert!(
            (whole - right).abs() < 1e-12,
            "four parts with a quarter each: {right}, the whole batch: {whole}"
        );
        assert!(
            (4.0 * whole - wrong).abs() < 1e-12,
            "without the quarter the gradient is four times as large"
        );
    }
}

#[test]
#[should_panic(expected = "a gradient of shape [] for terms of shape [24]")]
fn a_loss_per_example_needs_a_gradient_per_example() {
    let (mut model, x, labels) = problem();
    let criterion = CrossEntropy { reduction: Reduction::None, ..CrossEntropy::default() };
    let logits = model.forward(x);
    criterion.backward(&Array::scalar(1.0), &logits, &labels);
}
