//! Checks exercise e02_scaled_dot_product.

#[allow(unused)]
#[path = "../exercises/e02_scaled_dot_product.rs"]
mod scaled_dot_product;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch03_neurons::numerical_gradient;
use ch19_attention::Mask;
use scaled_dot_product::{attention_weights, scaled_dot_product_backward};

fn random(shape: [usize; 4], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "check"))
}

/// The weights by plain loops, one query and head after the other. `score` makes a score of the dot product.
fn weights(
    q: &Array<f64>,
    k: &Array<f64>,
    mask: &Mask<'_>,
    score: impl Fn(f64) -> f64,
    masked: f64,
) -> Array<f64> {
    let shape = [q.dim(0), q.dim(1), q.dim(2), k.dim(2)];
    let raw = Array::from_fn(shape, |i| {
        let dot: f64 = (0..q.dim(3)).map(|f| q[[i[0], i[1], i[2], f]] * k[[i[0], i[1], i[3], f]]).sum();
        if mask.allows(i[0], i[2], i[3]) { score(dot).exp() } else { masked }
    });
    let sums = raw.sum(-1, true).map(|sum| if sum == 0.0 { 1.0 } else { sum });
    raw / &sums
}

#[test]
fn weights_of_each_query() {
    let (q, k) = (random([2, 2, 3, 4], 0), random([2, 2, 5, 4], 1));
    let real = Array::from([[true, true, true, true, false], [true, false, true, true, true]]);
    let mask = Mask::padding(&real);
    let ours = |score: &dyn Fn(f64) -> f64, masked| weights(&q, &k, &mask, score, masked).to_vec();
    let over_queries = {
        let raw = weights(&q, &k, &Mask::NONE, |s| s / 2.0, 0.0);
        let logits = raw.map(f64::ln);
        let e = logits.map(f64::exp);
        let sums = e.sum(-2, true);
        (e / &sums).to_vec()
    };
    let mistakes: [(&str, &[f64]); 4] = [
        ("the scale is missing: scores grow with the size of the head", &ours(&|s| s, 0.0)),
        ("divided by the size of the head instead of its square root", &ours(&|s| s / 4.0, 0.0)),
        ("a forbidden key got the score 0, whose weight is not 0", &{
            let zero = weights(&q, &k, &mask, |s| s / 2.0, 1.0);
            let forbidden = mask.table([2, 3, 5]).map(|allowed| !allowed);
            zero.masked_fill(&forbidden, 0.0).to_vec()
        }),
        ("softmax over the queries instead of the keys", &over_queries),
    ];
    close("weights", &attention_weights(&q, &k, &mask).to_vec(), &ours(&|s| s / 2.0, 0.0), 1e-12, &mistakes);
}

#[test]
fn a_query_without_keys() {
    let (q, k) = (random([1, 1, 2, 4], 2), random([1, 1, 3, 4], 3));
    let real = Array::full([1, 3], false);
    let nan: &[f64] = &[f64::NAN; 6];
    let got = attention_weights(&q, &k, &Mask::padding(&real)).to_vec();
    assert!(!got.iter().all(|w| w.is_nan()), "a query without keys: the weights are NaN, but should be 0");
    close("a query without keys", &got, &[0.0; 6], 0.0, &[("NaN", nan)]);
}

#[test]
fn gradients() {
    let (q, k, v) = (random([1, 2, 3, 4], 4), random([1, 2, 5, 4], 5), random([1, 2, 5, 2], 6));
    let g = random([1, 2, 3, 2], 7);
    let loss = |q: &Array<f64>, k: &Array<f64>, v: &Array<f64>| {
        let p = weights(q, k, &Mask::CAUSAL, |s| s / 2.0, 0.0);
        let y = Array::from_fn([1, 2, 3, 2], |i| {
            (0..5).map(|j| p[[0, i[1], i[2], j]] * v[[0, i[1], j, i[3]]]).sum()
        });
        (y * &g).sum_all()
    };
    let [dq, dk, dv] = scaled_dot_product_backward(&g, &q, &k, &v, &Mask::CAUSAL);
    let wq = numerical_gradient(|q| loss(q, &k, &v), &q);
    let wk = numerical_gradient(|k| loss(&q, k, &v), &k);
    let wv = numerical_gradient(|v| loss(&q, &k, v), &v);
    // Without the mean that softmax takes away: dS = P ∘ dP.
    let p = weights(&q, &k, &Mask::CAUSAL, |s| s / 2.0, 0.0);
    let ds = Array::from_fn([1, 2, 3, 5], |i| {
        let dp: f64 = (0..2).map(|f| g[[0, i[1], i[2], f]] * v[[0, i[1], i[3], f]]).sum();
        p[[0, i[1], i[2], i[3]]] * dp / 2.0
    });
    let rough = Array::from_fn([1, 2, 3, 4], |i| {
        (0..5).map(|j| ds[[0, i[1], i[2], j]] * k[[0, i[1], j, i[3]]]).sum()
    });
    close("gradient of the values", &dv.to_vec(), &wv.to_vec(), 1e-8, &[]);
    let mistakes: [(&str, &[f64]); 2] = [
        ("the scale is missing on the way back", &(&wq * 2.0).to_vec()),
        ("softmax's own gradient is missing: P times dP is not enough", &rough.to_vec()),
    ];
    close("gradient of the queries", &dq.to_vec(), &wq.to_vec(), 1e-8, &mistakes);
    close(
        "gradient of the keys",
        &dk.to_vec(),
        &wk.to_vec(),
        1e-8,
        &[("the scale is missing", &(&wk * 2.0).to_vec())],
    );
}
