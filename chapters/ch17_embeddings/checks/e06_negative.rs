//! Checks exercise e06_negative.

#[allow(unused)]
#[path = "../exercises/e06_negative.rs"]
mod negative;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use negative::negative_sampling_backward;

const SIZES: [usize; 3] = [3, 4, 5];

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

/// The gradients, given the score's: its factor from the gradient above, the score, whether the word is the true one.
fn gradients(slope: impl Fn(f64, f64, bool) -> f64) -> [Vec<f64>; 2] {
    let [batch, words, size] = SIZES;
    let (g, u, v) = (random(&[batch], 1), random(&[batch, size], 2), random(&[batch, words, size], 3));
    let (mut du, mut dv) = (vec![0.0; batch * size], vec![0.0; batch * words * size]);
    for i in 0..batch {
        for j in 0..words {
            let score: f64 = (0..size).map(|k| u[[i, k]] * v[[i, j, k]]).sum();
            let slope = slope(g[[i]], score, j == 0);
            for k in 0..size {
                du[i * size + k] += slope * v[[i, j, k]];
                dv[(i * words + j) * size + k] = slope * u[[i, k]];
            }
        }
    }
    [du, dv]
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn backward() {
    let [batch, words, size] = SIZES;
    let (g, u, v) = (random(&[batch], 1), random(&[batch, size], 2), random(&[batch, words, size], 3));
    let (du, dv) = negative_sampling_backward(&g, &u, &v);
    let yes = f64::from;
    let want = gradients(|g, s, real| g * (sigmoid(s) - yes(real)));
    let turned = gradients(|g, s, real| g * (yes(real) - sigmoid(s)));
    let all_true = gradients(|g, s, _| g * (sigmoid(s) - 1.0));
    let no_true = gradients(|g, s, _| g * sigmoid(s));
    let squared = gradients(|g, s, real| g * (sigmoid(s) - yes(real)) * sigmoid(s) * (1.0 - sigmoid(s)));
    let no_grad = gradients(|_, s, real| sigmoid(s) - yes(real));
    let last: Vec<f64> = (0..batch * size)
        .map(|i| {
            let (row, k) = (i / size, i % size);
            let score: f64 = (0..size).map(|k| u[[row, k]] * v[[row, words - 1, k]]).sum();
            g[[row]] * sigmoid(score) * v[[row, words - 1, k]]
        })
        .collect();
    let messages = [
        ("the sign is turned: predicted minus true", &turned),
        ("the drawn words are treated as true ones", &all_true),
        ("the true word is treated as a drawn one", &no_true),
        ("times the slope of the sigmoid: that is the gradient of a squared error", &squared),
        ("the gradient from above is missing", &no_grad),
    ];
    let mut of_v: Vec<(&str, &[f64])> = messages.iter().map(|(text, wrong)| (*text, &wrong[1][..])).collect();
    close("gradient of the output vectors", &dv.to_vec(), &want[1], 1e-12, &of_v);
    of_v = messages.iter().map(|(text, wrong)| (*text, &wrong[0][..])).collect();
    of_v.push(("only the last word counts: all words share one vector u", &last));
    close("gradient of u", &du.to_vec(), &want[0], 1e-12, &of_v);
}
