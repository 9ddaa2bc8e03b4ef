//! Gradient checks with every kind of mask, and the fast f32 path against the plain f64 one.

use ch01_tensors::{Array, Rng};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch05_backprop::{Layer, Module, Visitor, for_each_param, gradcheck};
use ch19_attention::{
    LearnedPositions, Mask, MultiHeadAttention, merge_heads, scaled_dot_product, scaled_dot_product_backward,
    self_attention, self_attention_backward, split_heads,
};

use crate::common::{assert_close, masks, padding, random};

#[test]
fn gradcheck_scaled_dot_product() {
    for empty in [false, true] {
        // Five queries, four keys; values of another size.
        let real = padding(4, empty);
        let [q, k, v] = [(5, 3, 0), (4, 3, 1), (4, 2, 2)].map(|(n, d, seed)| random(&[3, 2, n, d], seed));
        for mask in masks(&real) {
            let c = random(&[3, 2, 5, 2], 3);
            let loss = |q: &_, k: &_, v: &_| (scaled_dot_product(q, k, v, &mask) * &c).sum_all();
            let [dq, dk, dv] = scaled_dot_product_backward(&c, &q, &k, &v, &mask);
            assert_gradient("the queries", &dq, &numerical_gradient(|q| loss(q, &k, &v), &q));
            assert_gradient("the keys", &dk, &numerical_gradient(|k| loss(&q, k, &v), &k));
            assert_gradient("the values", &dv, &numerical_gradient(|v| loss(&q, &k, v), &v));
        }
    }
}

#[test]
fn gradcheck_self_attention() {
    for empty in [false, true] {
        let real = padding(5, empty);
        let qkv = random(&[3, 5, 3 * 2 * 2], 4);
        for mask in masks(&real) {
            let c = random(&[3, 5, 4], 5);
            let attended = self_attention(&qkv, 2, &mask);
            let gradient = self_attention_backward(&c, &qkv, &attended, 2, &mask);
            let loss = |qkv: &_| (self_attention(qkv, 2, &mask).output * &c).sum_all();
            assert_gradient("qkv", &gradient, &numerical_gradient(loss, &qkv));
        }
    }
}

/// Attention with a fixed mask, so that it is a layer.
struct Masked {
    attention: MultiHeadAttention<f64>,
    causal: bool,
    padding: Option<Array<bool>>,
}

impl Masked {
    fn mask(&self) -> Mask<'_> {
        Mask { causal: self.causal, padding: self.padding.as_ref() }
    }
}

impl Layer<f64> for Masked {
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        let padding = self.padding.clone();
        self.attention.forward(x, &Mask { causal: self.causal, padding: padding.as_ref() })
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        self.attention.backward(grad)
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        self.attention.infer(x, &self.mask())
    }
}

impl Module<f64> for Masked {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.attention.visit(visitor);
    }
}

#[test]
fn gradcheck_multi_head_attention() {
    for (seed, (causal, padded, heads)) in
        [(false, false, 1), (false, false, 2), (true, false, 2), (false, true, 4), (true, true, 2)]
            .into_iter()
            .enumerate()
    {
        let attention = MultiHeadAttention::new(4, heads, &mut Rng::new(seed as u64, "weights")).to_f64();
        let padding = padded.then(|| padding(4, seed == 3));
        gradcheck(&mut Masked { attention, causal, padding }, &random(&[3, 4, 4], 6));
    }
}

#[test]
fn gradcheck_learned_positions() {
    let mut rng = Rng::new(7, "weights");
    for time in [1, 3, 4] {
        gradcheck(&mut LearnedPositions::new(4, 3, &mut rng).to_f64(), &random(&[2, time, 3], 8));
    }
}

/// `[batch, time, 3 * heads * size]` as queries, keys and values of `[batch, heads, time, size]`.
fn parts(qkv: &Array<f64>, heads: usize) -> [Array<f64>; 3] {
    let width = qkv.dim(2) / 3;
    [0, 1, 2].map(|part| split_heads(qkv.narrow(2, part * width, width).contiguous(), heads))
}

#[test]
fn fast_self_attention_against_plain() {
    // From one token to more than a block of scores (65536 / 300 = 218 queries, in steps of 16); sizes that fill no
    // vector; several tasks on several threads.
    for (time, heads, size) in [(1, 1, 1), (7, 2, 3), (33, 3, 5), (64, 4, 32), (300, 2, 16)] {
        for empty in [false, true] {
            let real = padding(time, empty);
            let qkv = random(&[3, time, 3 * heads * size], time as u64).to_f32();
            let grad = random(&[3, time, heads * size], 9).to_f32();
            let [q, k, v] = parts(&qkv.to_f64(), heads);
            for (number, mask) in masks(&real).into_iter().enumerate() {
                let what = format!("{time} tokens, {heads} heads of {size}, mask {number}");
                let attended = self_attention(&qkv, heads, &mask);
                let plain = merge_heads(scaled_dot_product(&q, &k, &v, &mask));
                assert_close(&what, &attended.output, &plain);
                let fast = self_attention_backward(&grad, &qkv, &attended, heads, &mask);
                let g = split_heads(grad.to_f64(), heads);
                let plain = scaled_dot_product_backward(&g, &q, &k, &v, &mask).map(merge_heads);
                let plain = Array::concat(&[&plain[0], &plain[1], &plain[2]], 2);
                assert_close(&format!("{what}, gradient"), &fast, &plain);
            }
        }
    }
}

#[test]
fn fast_scaled_dot_product_in_f32() {
    let [q, k, v, grad] = [0, 1, 2, 3].map(|seed| random(&[2, 3, 40, 16], seed));
    let f32s = [&q, &k, &v, &grad].map(|x| x.to_f32());
    let output = scaled_dot_product(&f32s[0], &f32s[1], &f32s[2], &Mask::CAUSAL);
    assert_close("output", &output, &scaled_dot_product(&q, &k, &v, &Mask::CAUSAL));
    let fast = scaled_dot_product_backward(&f32s[3], &f32s[0], &f32s[1], &f32s[2], &Mask::CAUSAL);
    let plain = scaled_dot_product_backward(&grad, &q, &k, &v, &Mask::CAUSAL);
    fast.iter().zip(&plain).for_each(|(fast, plain)| assert_close("gradient", fast, plain));
}

#[test]
fn fast_multi_head_attention_against_plain() {
    for seed in 0..3 {
        let mut fast = MultiHeadAttention::new(24, 3, &mut Rng::new(seed, "weights"));
        let mut plain = fast.to_f64();
        let real = padding(37, seed == 1);
        let mask = Mask { causal: seed == 2, padding: Some(&real) };
        let (x, grad) = (random(&[3, 37, 24], seed).to_f32(), random(&[3, 37, 24], seed + 10).to_f32());
        // The plain path: linear, split, attention with whole arrays, merge, linear.
        let qkv = plain.qkv.infer(x.to_f64());
        let [q, k, v] = parts(&qkv, 3);
        let y = plain.output.infer(merge_heads(scaled_dot_product(&q, &k, &v, &mask)));
        assert_close("infer", &fast.infer(x.clone(), &mask), &y);
        assert_close("forward", &fast.forward(x.clone(), &mask), &y);
        plain.forward(x.to_f64(), &mask);
        assert_close("input gradient", &fast.backward(grad.clone()), &plain.backward(grad.to_f64()));
        let mut gradients = Vec::new();
        for_each_param(&mut plain, |_, param| gradients.push(param.grad.clone()));
        let mut gradients = gradients.iter();
        for_each_param(&mut fast, |path, param| {
            assert_close(&path.to_string(), &param.grad, gradients.next().unwrap());
        });
    }
}

#[test]
fn fast_learned_positions_against_plain() {
    let mut fast = LearnedPositions::new(9, 7, &mut Rng::new(0, "weights"));
    let mut plain = fast.to_f64();
    let x = random(&[4, 6, 7], 0);
    assert_close("output", &fast.forward(x.to_f32()), &plain.forward(x.clone()));
    assert_close("input gradient", &fast.backward(x.to_f32()), &plain.backward(x.clone()));
    assert_close("table", &fast.weight.grad, &plain.weight.grad);
}
