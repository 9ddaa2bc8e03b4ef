//! Checks exercise e06_additive_attention.

#[allow(unused)]
#[path = "../exercises/e06_additive_attention.rs"]
mod additive_attention;

use additive_attention::AdditiveAttention;
use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch02_matmul::matmul;

const TIME: usize = 4;
const KEY: usize = 3;
const REAL: usize = 3;

fn numbers(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "numbers"))
}

/// One sequence whose last place is padding.
struct Case {
    layer: AdditiveAttention<f64>,
    query: Array<f64>,
    keys: Array<f64>,
    mask: Array<bool>,
    /// `tanh(..)`, `[time, size]`, and the scores.
    e: Array<f64>,
    scores: Vec<f64>,
}

fn case() -> Case {
    let layer = AdditiveAttention::new(2, KEY, 5, &mut Rng::new(1, "weights")).to_f64();
    let (query, keys) = (numbers(&[1, 2], 1), numbers(&[1, TIME, KEY], 2));
    let from_query = matmul(&query, &layer.query.weight.value.clone().t());
    let bias = layer.key.bias.as_ref().expect("the keys have a bias").value.clone();
    let from_keys = matmul(&keys.slice(0), &layer.key.weight.value.clone().t()) + &bias;
    let e = (from_keys + &from_query).tanh();
    let scores = matmul(&e, &layer.score.weight.value.clone().t()).to_vec();
    Case { layer, query, keys, mask: Array::from_fn([1, TIME], |at| at[1] < REAL), e, scores }
}

fn softmax(scores: &[f64], count: usize) -> Vec<f64> {
    let sum: f64 = scores[..count].iter().map(|s| s.exp()).sum();
    (0..TIME).map(|t| if t < count { scores[t].exp() / sum } else { 0.0 }).collect()
}

#[test]
fn forward() {
    let Case { mut layer, query, keys, mask, scores, .. } = case();
    let context = |weights: &[f64]| -> Vec<f64> {
        (0..KEY).map(|i| (0..TIME).map(|t| weights[t] * keys[[0, t, i]]).sum()).collect()
    };
    let weights = softmax(&scores, REAL);
    let (open, mean) =
        (softmax(&scores, TIME), context(&[1.0 / REAL as f64, 1.0 / REAL as f64, 1.0 / REAL as f64, 0.0]));
    let [got, got_weights] = layer.forward(query, keys.clone(), &mask);
    let mistakes: [(&str, &[f64]); 1] = [("the padding received a weight", &open)];
    close("weights", &got_weights.to_vec(), &weights, 1e-12, &mistakes);
    let mistakes: [(&str, &[f64]); 1] = [("the mean of the keys, without the weights", &mean)];
    close("context", &got.to_vec(), &context(&weights), 1e-12, &mistakes);
}

#[test]
fn backward() {
    let Case { mut layer, query, keys, mask, e, scores } = case();
    let (weights, g) = (softmax(&scores, REAL), numbers(&[1, KEY], 3));
    let dweights: Vec<f64> = (0..TIME).map(|t| (0..KEY).map(|i| g[[0, i]] * keys[[0, t, i]]).sum()).collect();
    let mean: f64 = (0..TIME).map(|t| weights[t] * dweights[t]).sum();
    let dscores: Vec<f64> = (0..TIME).map(|t| weights[t] * (dweights[t] - mean)).collect();
    let key_weight = layer.key.weight.value.clone();
    let v = layer.score.weight.value.clone();
    let keys_gradient = |dscores: &[f64], direct: bool| -> Vec<f64> {
        let da = |t: usize, j: usize| dscores[t] * v[[0, j]] * (1.0 - e[[t, j]] * e[[t, j]]);
        let at = |t: usize, i: usize| {
            let through: f64 = (0..5).map(|j| da(t, j) * key_weight[[j, i]]).sum();
            through + if direct { weights[t] * g[[0, i]] } else { 0.0 }
        };
        (0..TIME * KEY).map(|n| at(n / KEY, n % KEY)).collect()
    };
    let (no_softmax, no_sum) = (keys_gradient(&dweights, true), keys_gradient(&dscores, false));
    layer.forward(query, keys.clone(), &mask);
    let (_, dkeys) = layer.backward(&g);
    let mistakes: [(&str, &[f64]); 2] = [
        ("the gradient did not go back through softmax", &no_softmax),
        ("the keys are in the sum too: w_t g is missing", &no_sum),
    ];
    close("gradient of the keys", &dkeys.to_vec(), &keys_gradient(&dscores, true), 1e-12, &mistakes);
}
