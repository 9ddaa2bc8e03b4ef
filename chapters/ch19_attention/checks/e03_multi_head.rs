//! Checks exercise e03_multi_head.

#[allow(unused)]
#[path = "../exercises/e03_multi_head.rs"]
mod multi_head;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch03_neurons::numerical_gradient;
use ch05_backprop::Layer;
use ch19_attention::{Mask, attention_weights, merge_heads, scaled_dot_product, split_heads};
use multi_head::MultiHeadAttention;

fn random(shape: [usize; 3], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "check"))
}

fn layer() -> MultiHeadAttention<f64> {
    MultiHeadAttention::new(6, 2, &mut Rng::new(0, "check")).to_f64()
}

/// Queries, keys and values of two heads.
fn parts(layer: &MultiHeadAttention<f64>, x: &Array<f64>) -> [Array<f64>; 3] {
    let qkv = layer.qkv.infer(x.clone());
    [0, 6, 12].map(|start| split_heads(qkv.narrow(2, start, 6).contiguous(), 2))
}

fn plain(layer: &MultiHeadAttention<f64>, x: &Array<f64>) -> Array<f64> {
    let [q, k, v] = parts(layer, x);
    layer.output.infer(merge_heads(scaled_dot_product(&q, &k, &v, &Mask::CAUSAL)))
}

#[test]
fn forward() {
    let (mut layer, x) = (layer(), random([2, 4, 6], 1));
    let [q, k, v] = parts(&layer, &x);
    let unmixed = merge_heads(scaled_dot_product(&q, &k, &v, &Mask::CAUSAL));
    let unmasked = layer.output.infer(merge_heads(scaled_dot_product(&q, &k, &v, &Mask::NONE)));
    let mistakes: [(&str, &[f64]); 2] = [
        ("the heads' outputs do not go through the second linear layer", &unmixed.to_vec()),
        ("the mask is not used", &unmasked.to_vec()),
    ];
    let want = plain(&layer, &x).to_vec();
    close("forward", &layer.forward(x, &Mask::CAUSAL).to_vec(), &want, 1e-12, &mistakes);
}

#[test]
fn weights() {
    let (layer, x) = (layer(), random([2, 4, 6], 2));
    let [q, k, v] = parts(&layer, &x);
    let look = |q: &Array<f64>, k: &Array<f64>| attention_weights(q, k, &Mask::NONE).to_vec();
    let mistakes: [(&str, &[f64]); 2] = [
        ("queries and keys have changed places", &look(&k, &q)),
        ("the values were taken for the keys", &look(&q, &v)),
    ];
    close("weights", &layer.weights(x, &Mask::NONE).to_vec(), &look(&q, &k), 1e-12, &mistakes);
}

#[test]
fn backward() {
    let (mut layer, x, g) = (layer(), random([2, 4, 6], 3), random([2, 4, 6], 4));
    let want = numerical_gradient(|x| (plain(&layer, x) * &g).sum_all(), &x);
    // What comes out if the gradient does not go back through the second layer.
    let [q, k, v] = parts(&layer, &x);
    let [dq, dk, dv] =
        ch19_attention::scaled_dot_product_backward(&split_heads(g.clone(), 2), &q, &k, &v, &Mask::CAUSAL)
            .map(merge_heads);
    let skipped = ch02_matmul::matmul(&Array::concat(&[&dq, &dk, &dv], 2), &layer.qkv.weight.value);
    layer.forward(x, &Mask::CAUSAL);
    let dx = layer.backward(g);
    let mistakes: [(&str, &[f64]); 1] =
        [("the gradient does not go back through the second linear layer", &skipped.to_vec())];
    close("backward", &dx.to_vec(), &want.to_vec(), 1e-8, &mistakes);
}

#[test]
fn cached() {
    let (layer, x) = (layer(), random([2, 4, 6], 5));
    let want = plain(&layer, &x).narrow(1, 2, 2).to_vec();
    let mut cache = layer.cache(2, 4);
    layer.infer_cached(x.narrow(1, 0, 2).contiguous(), &mut cache);
    let got = layer.infer_cached(x.narrow(1, 2, 2).contiguous(), &mut cache).to_vec();
    // The new queries take themselves for the first ones: query i sees the keys 0..=i of all.
    let [q, k, v] = parts(&layer, &x);
    let first = scaled_dot_product(&q.narrow(2, 2, 2), &k, &v, &Mask::CAUSAL);
    let first = layer.output.infer(merge_heads(first)).to_vec();
    let all = scaled_dot_product(&q.narrow(2, 2, 2), &k, &v, &Mask::NONE);
    let all = layer.output.infer(merge_heads(all)).to_vec();
    let mistakes: [(&str, &[f64]); 2] = [
        ("the new queries stand behind the tokens of the cache: the offset is missing", &first),
        ("the new tokens see each other's future", &all),
    ];
    close("cached", &got, &want, 1e-12, &mistakes);
}
