//! Checks exercise e03_softmax.

#[allow(unused)]
#[path = "../exercises/e03_softmax.rs"]
mod softmax;

use ch00_start::check::close;
use ch01_tensors::Array;

const X: [f64; 5] = [0.5, -1.0, 2.0, 0.0, 1.5];
const G: [f64; 5] = [1.0, -2.0, 0.5, 3.0, -1.0];

/// Softmax from its definition.
fn plain(x: &[f64]) -> Vec<f64> {
    let sum: f64 = x.iter().map(|x| x.exp()).sum();
    x.iter().map(|x| x.exp() / sum).collect()
}

#[test]
fn values() {
    let exponentials = X.map(f64::exp);
    let total: f64 = X.iter().sum();
    close(
        "softmax",
        &softmax::softmax(Array::from(X), -1).to_vec(),
        &plain(&X),
        1e-12,
        &[
            ("not divided by the sum: the results do not add up to 1", &exponentials),
            ("not divided by the sum: the results do not add up to 1", &X.map(|x| (x - 2.0).exp())),
            ("divided by the sum of x, not of the exponentials", &exponentials.map(|e| e / total)),
        ],
    );
}

#[test]
fn rows_are_apart() {
    let x = Array::from([[0.0, 1.0], [5.0, -2.0], [3.0, 3.0]]);
    let want: Vec<f64> = [[0.0, 1.0], [5.0, -2.0], [3.0, 3.0]].iter().flat_map(|row| plain(row)).collect();
    close("softmax of three rows", &softmax::softmax(x, 1).to_vec(), &want, 1e-12, &[]);
}

#[test]
fn large_logits() {
    let x = X.map(|x| x + 1000.0);
    close(
        "softmax of logits near 1000",
        &softmax::softmax(Array::from(x), 0).to_vec(),
        &plain(&X),
        1e-12,
        &[("e^1000 is infinite: subtract the largest logit first", &[f64::NAN; 5])],
    );
    let x = X.map(|x| x - 1000.0);
    close(
        "softmax of logits near -1000",
        &softmax::softmax(Array::from(x), 0).to_vec(),
        &plain(&X),
        1e-12,
        &[(
            "every exponential is 0: subtract the largest logit, not 0 or the largest absolute value",
            &[f64::NAN; 5],
        )],
    );
}

#[test]
fn gradient() {
    let y = plain(&X);
    // The definition, by the whole Jacobian of numerical derivatives.
    let loss = |x: &[f64]| -> f64 { plain(x).iter().zip(G).map(|(y, g)| y * g).sum() };
    let slope = |j: usize| {
        let at = |step: f64| {
            let mut x = X;
            x[j] += step;
            loss(&x)
        };
        (at(1e-5) - at(-1e-5)) / 2e-5
    };
    let want: Vec<f64> = (0..5).map(slope).collect();
    let each =
        |f: &dyn Fn(f64, f64) -> f64| -> Vec<f64> { G.iter().zip(&y).map(|(&g, &y)| f(g, y)).collect() };
    let total: f64 = G.iter().sum();
    let mean: f64 = G.iter().zip(&y).map(|(g, y)| g * y).sum();
    close(
        "softmax_backward",
        &softmax::softmax_backward(Array::from(G), &Array::from_slice(&y, [5]), -1).to_vec(),
        &want,
        1e-8,
        &[
            (
                "only the diagonal of the Jacobian: every output depends on every input",
                &each(&|g, y| g * y * (1.0 - y)),
            ),
            ("subtracted the plain sum of g: each g_i is weighted with y_i", &each(&|g, y| y * (g - total))),
            ("the factor y_j is missing", &each(&|g, _| g - mean)),
            ("this is the backward of log-softmax", &each(&|g, y| g - y * total)),
        ],
    );
}
