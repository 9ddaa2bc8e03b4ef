//! Checks exercise e02_cross_entropy.
#[allow(unused)]
#[path = "../exercises/e02_cross_entropy.rs"]
mod cross_entropy;

use ch00_start::check::close;
use ch01_tensors::{Array, Tensor};
use ch04_losses::Reduction;
use cross_entropy::CrossEntropy;

const Z: [[f64; 3]; 2] = [[2.0, 0.5, -1.0], [0.0, 1.0, 3.0]];
const LABELS: [i64; 2] = [0, 1];

/// The softmax of a row, from its definition.
fn softmax(z: &[f64; 3]) -> [f64; 3] {
    let e = z.map(f64::exp);
    e.map(|x| x / e.iter().sum::<f64>())
}

/// Every element of the two rows: `f(row, class)`.
fn each(f: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    (0..6).map(|i| f(i / 3, i % 3)).collect()
}

fn p(i: usize, c: usize) -> f64 {
    softmax(&Z[i])[c]
}

fn hot(i: usize, c: usize) -> f64 {
    if LABELS[i] == c as i64 { 1.0 } else { 0.0 }
}

#[test]
fn log_sum_exp_does_not_overflow() {
    // e^1000 is infinite even in 64 bits, and e^-1000 is 0; the losses are ln 2 and 2000.
    let losses =
        |z: [[f64; 2]; 1]| CrossEntropy::default().forward(&Array::from(z), &Array::<i64>::from([0])).item();
    let got = [losses([[1000.0, 1000.0]]), losses([[-1000.0, -1000.0]]), losses([[-1000.0, 1000.0]])];
    let inf = f64::INFINITY;
    close(
        "log_sum_exp",
        &got,
        &[2f64.ln(), 2f64.ln(), 2000.0],
        1e-9,
        &[
            (
                "log of a softmax: overflows for large logits; take the largest logit out of the sum",
                &[inf, -inf, inf],
            ),
            (
                "log of a softmax: overflows for large logits; take the largest logit out of the sum",
                &[f64::NAN, f64::NAN, inf],
            ),
            (
                "the largest logit was taken out of the sum and not added again",
                &[2f64.ln() - 1000.0, 2f64.ln() + 1000.0, 1000.0],
            ),
        ],
    );
}

#[test]
fn forward() {
    let none = CrossEntropy { reduction: Reduction::None, ..Default::default() };
    let (z, y) = (Array::from(Z), Array::from(LABELS));
    let nll = |i: usize| -p(i, LABELS[i] as usize).ln();
    let sums: Vec<f64> = (0..2).map(|i| -(0..3).map(|c| p(i, c).ln()).sum::<f64>()).collect();
    close(
        "forward",
        &none.forward(&z, &y).to_vec(),
        &[nll(0), nll(1)],
        1e-9,
        &[
            ("the sign is wrong: the loss is minus the logarithm of the probability", &[-nll(0), -nll(1)]),
            ("that is the probability of the label, not minus its logarithm", &[p(0, 0), p(1, 1)]),
            ("every class counts, but only the label's is expected: use q", &sums),
        ],
    );
    // Soft targets.
    let t = Array::from([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0]]);
    let soft = |i: usize| -(0..3).map(|c| t[[i, c]] * p(i, c).ln()).sum::<f64>();
    close("forward, soft targets", &none.forward(&z, &t).to_vec(), &[soft(0), soft(1)], 1e-9, &[]);
    // A class that cannot be, where it is not expected.
    let z = Array::from([[0.0, f64::NEG_INFINITY]]);
    let loss = none.forward(&z, &Array::from([[1.0, 0.0]])).item();
    close(
        "forward, a logit of -inf that is not expected",
        &[loss],
        &[0.0],
        1e-12,
        &[("0 times infinity: skip the classes with q = 0", &[f64::NAN])],
    );
}

#[test]
fn backward() {
    let (z, y) = (Array::from(Z), Array::from(LABELS));
    let got = CrossEntropy::default().backward(&Array::scalar(1.0), &z, &y).to_vec();
    close(
        "backward",
        &got,
        &each(|i, c| (p(i, c) - hot(i, c)) / 2.0),
        1e-9,
        &[
            ("gradient not divided by the batch size", &each(|i, c| p(i, c) - hot(i, c))),
            (
                "gradient divided by the number of classes instead of the batch size",
                &each(|i, c| (p(i, c) - hot(i, c)) / 3.0),
            ),
            (
                "gradient divided by the number of logits instead of the batch size",
                &each(|i, c| (p(i, c) - hot(i, c)) / 6.0),
            ),
            (
                "one-hot minus softmax: the sign is wrong, a step would make the loss larger",
                &each(|i, c| (hot(i, c) - p(i, c)) / 2.0),
            ),
            (
                "only the label's logit gets a gradient; softmax couples all of them",
                &each(|i, c| hot(i, c) * (p(i, c) - 1.0) / 2.0),
            ),
            ("that is softmax alone: subtract the target", &each(|i, c| p(i, c) / 2.0)),
            ("that is the gradient of NLL: softmax is missing", &each(|i, c| -hot(i, c) / 2.0)),
        ],
    );
    let three = CrossEntropy::default().backward(&Array::scalar(3.0), &z, &y).to_vec();
    close("backward of 3 times the loss", &three, &each(|i, c| (p(i, c) - hot(i, c)) * 1.5), 1e-9, &[]);
}

#[test]
fn backward_with_options() {
    let y = Array::from([2i64, -100]);
    let weight = [0.5, 1.0, 2.0];
    let ce = CrossEntropy {
        label_smoothing: 0.3,
        weight: Some(Array::from(weight)),
        reduction: Reduction::None,
        ..Default::default()
    };
    let g = Array::from([2.0, 5.0]);
    let got = ce.backward(&g, &Array::from(Z), &y).to_vec();
    let q = |c: usize| weight[c] * (0.1 + if c == 2 { 0.7 } else { 0.0 });
    let all = q(0) + q(1) + q(2);
    let softmax_only = each(|i, c| if i == 0 { 2.0 * (p(0, c) - q(c)) } else { 0.0 });
    close(
        "backward with smoothing, weights and an ignored row",
        &got,
        &each(|i, c| if i == 0 { 2.0 * (all * p(0, c) - q(c)) } else { 0.0 }),
        1e-9,
        &[
            ("softmax must be multiplied by the sum of q, which is not 1 with class weights", &softmax_only),
            (
                "the ignored row has a gradient",
                &each(|i, c| if i == 0 { 2.0 * (all * p(0, c) - q(c)) } else { 5.0 * p(1, c) }),
            ),
        ],
    );
}

#[test]
fn thirty_two_bits() {
    let z = Tensor::from([[1e4, -1e4]]);
    let loss = CrossEntropy::default().forward(&z, &Array::<i64>::from([1])).item();
    close(
        "forward in 32 bits",
        &[f64::from(loss)],
        &[2e4],
        1e-6,
        &[("log of a softmax: overflows for large logits", &[f64::INFINITY])],
    );
}
