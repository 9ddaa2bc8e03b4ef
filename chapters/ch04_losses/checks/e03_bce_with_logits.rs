//! Checks exercise e03_bce_with_logits.
#[allow(unused)]
#[path = "../exercises/e03_bce_with_logits.rs"]
mod bce_with_logits;

use bce_with_logits::BceWithLogits;
use ch00_start::check::close;
use ch01_tensors::{Array, Tensor};
use ch04_losses::Reduction;

const X: [f64; 5] = [-2.0, -0.5, 0.0, 1.0, 3.0];
const Y: [f64; 5] = [1.0, 0.0, 1.0, 0.0, 0.3];
const P: f64 = 4.0;

fn sigma(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn each(f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    X.iter().zip(Y).map(|(&x, y)| f(x, y)).collect()
}

fn bce() -> BceWithLogits<f64> {
    BceWithLogits { pos_weight: Some(Array::scalar(P)), reduction: Reduction::None, ..Default::default() }
}

#[test]
fn forward() {
    let term = |p: f64, n: f64| each(|x, y| -p * y * sigma(x).ln() - n * (1.0 - y) * sigma(-x).ln());
    let negated: Vec<f64> = term(-P, -1.0);
    close(
        "forward",
        &bce().forward(&Array::from(X), &Array::from(Y)).to_vec(),
        &term(P, 1.0),
        1e-9,
        &[
            (
                "pos_weight on the wrong class: it multiplies the part with y, not the part with 1 - y",
                &term(1.0, P),
            ),
            ("pos_weight on both classes: it multiplies only the part with y", &term(P, P)),
            ("pos_weight is not used", &term(1.0, 1.0)),
            ("the part of the negatives, with 1 - y, is missing", &term(P, 0.0)),
            ("the sign is wrong: the loss is minus the logarithm", &negated),
            (
                "the two probabilities are swapped",
                &each(|x, y| -P * y * sigma(-x).ln() - (1.0 - y) * sigma(x).ln()),
            ),
        ],
    );
}

#[test]
fn forward_is_finite_for_every_logit() {
    let none = BceWithLogits { reduction: Reduction::None, ..Default::default() };
    let (x, y) = (Tensor::from([200.0, -200.0, 200.0, -200.0]), Tensor::from([0.0, 1.0, 1.0, 0.0]));
    let got = none.forward(&x, &y).to_f64().to_vec();
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let message = "log of a sigmoid: log(0) for large logits; use ln(1 + e^x) without going through σ";
    close(
        "forward, large logits",
        &got,
        &[200.0, 200.0, 0.0, 0.0],
        1e-6,
        &[
            (message, &[inf, inf, 0.0, 0.0]),
            (message, &[inf, inf, nan, nan]),
            (message, &[inf, 200.0, nan, 0.0]),
        ],
    );
    let g = none.backward(&Tensor::ones([4]), &x, &y).to_f64().to_vec();
    close("backward, large logits", &g, &[1.0, -1.0, 0.0, 0.0], 1e-6, &[]);
}

#[test]
fn backward() {
    let slope = |p: f64, n: f64| each(|x, y| n * (1.0 - y) * sigma(x) - p * y * sigma(-x));
    close(
        "backward",
        &bce().backward(&Array::ones([5]), &Array::from(X), &Array::from(Y)).to_vec(),
        &slope(P, 1.0),
        1e-9,
        &[
            (
                "pos_weight on the wrong class: it multiplies the part with y, not the part with 1 - y",
                &slope(1.0, P),
            ),
            ("pos_weight on both classes: it multiplies only the part with y", &slope(P, P)),
            ("σ(x) - y is right only for a pos_weight of 1", &slope(1.0, 1.0)),
            ("the sign is wrong: a step would make the loss larger", &slope(-P, -1.0)),
            (
                "σ (1 - σ) belongs to the squared error; the logarithm cancels it",
                &each(|x, y| sigma(x) * sigma(-x) * (sigma(x) - y)),
            ),
        ],
    );
    let mean =
        BceWithLogits::default().backward(&Array::scalar(1.0), &Array::from(X), &Array::from(Y)).to_vec();
    close("backward, mean", &mean, &each(|x, y| (sigma(x) - y) / 5.0), 1e-9, &[]);
}
