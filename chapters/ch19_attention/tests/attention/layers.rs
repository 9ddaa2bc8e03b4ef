//! Cross- and grouped-query attention: gradients, laws, and f32 against f64 with whole arrays.

use ch01_tensors::{Array, Rng};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch05_backprop::{Layer, Module, Visitor, for_each_param, gradcheck};
use ch19_attention::{
    AttentionOptions, CrossAttention, GroupedQueryAttention, Mask, MultiHeadAttention, Rotary, RotaryLayout,
    RotaryScaling, alibi_slopes, attention, merge_heads, scaled_dot_product, split_heads,
};
use proptest::prelude::*;

use crate::common::{assert_close, assert_near, padding, random};

/// Cross-attention as a layer: `[batch, queries + keys, size]` holds the queries' sequence and then the memory.
struct Crossed {
    attention: CrossAttention<f64>,
    queries: usize,
    real: Option<Array<bool>>,
}

impl Crossed {
    fn parts(&self, x: &Array<f64>) -> [Array<f64>; 2] {
        let part = |start, length| x.narrow(1, start, length).contiguous();
        [part(0, self.queries), part(self.queries, x.dim(1) - self.queries)]
    }
}

impl Layer<f64> for Crossed {
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        let [x, memory] = self.parts(&x);
        self.attention.forward(x, memory, self.real.as_ref())
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        let (dx, dmemory) = self.attention.backward(grad);
        Array::concat(&[&dx, &dmemory], 1)
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        let [x, memory] = self.parts(&x);
        self.attention.infer(x, memory, self.real.as_ref())
    }
}

impl Module<f64> for Crossed {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.attention.visit(visitor);
    }
}

#[test]
fn gradcheck_cross_attention() {
    for (heads, real) in [(1, None), (2, Some(padding(3, false))), (2, Some(padding(3, true)))] {
        let attention = CrossAttention::new(4, heads, &mut Rng::new(0, "weights")).to_f64();
        gradcheck(&mut Crossed { attention, queries: 2, real }, &random(&[3, 5, 4], 1));
    }
}

/// Grouped-query attention with a fixed mask, so that it is a layer.
struct Masked {
    attention: GroupedQueryAttention<f64>,
    real: Array<bool>,
}

impl Layer<f64> for Masked {
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        self.attention.forward(x, &Mask { causal: true, padding: Some(&self.real) })
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        self.attention.backward(grad)
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        self.attention.infer(x, &Mask { causal: true, padding: Some(&self.real) })
    }
}

impl Module<f64> for Masked {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.attention.visit(visitor);
    }
}

fn grouped(size: usize, heads: usize, kv_heads: usize, seed: u64) -> GroupedQueryAttention<f64> {
    GroupedQueryAttention::new(size, heads, kv_heads, &mut Rng::new(seed, "weights")).to_f64()
}

#[test]
fn gradcheck_grouped_query_attention() {
    let rotary = Rotary::new(2, 100.0);
    for attention in [
        grouped(4, 2, 2, 0),
        grouped(8, 4, 2, 1).with_rotary(rotary.clone()),
        grouped(6, 3, 1, 2).with_rotary(rotary.with_layout(RotaryLayout::Interleaved)).with_window(2),
        grouped(4, 2, 1, 3).with_alibi(),
    ] {
        let size = attention.q.weight.value.dim(1);
        gradcheck(&mut Masked { attention, real: padding(4, true) }, &random(&[3, 4, size], 4));
    }
}

#[test]
fn gradcheck_rotary() {
    let scaling = RotaryScaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, trained: 64.0 };
    for (rotary, offset) in [
        (Rotary::new(4, 10000.0), 0),
        (Rotary::new(6, 100.0).with_layout(RotaryLayout::Interleaved), 5),
        (Rotary::scaled(8, 1000.0, scaling), 3),
    ] {
        let size = 2 * rotary.frequencies().len();
        let (x, c) = (random(&[2, 2, 3, size], 0), random(&[2, 2, 3, size], 1));
        let numeric = numerical_gradient(|x| (rotary.apply(x.clone(), offset) * &c).sum_all(), &x);
        assert_gradient("x", &rotary.apply_backward(c, offset), &numeric);
    }
}

/// Rotary and ALiBi are plain loops in any type: f32 gives what f64 gives, far out too, where angles are large.
#[test]
fn fast_rotary_in_f32() {
    let x = random(&[2, 3, 17, 64], 0);
    let rotary = Rotary::new(64, 10000.0);
    for offset in [0, 8000] {
        assert_close("turned", &rotary.apply(x.to_f32(), offset), &rotary.apply(x.clone(), offset));
        let back = rotary.apply_backward(x.to_f32(), offset);
        assert_close("turned back", &back, &rotary.apply_backward(x.clone(), offset));
    }
}

#[test]
fn fast_cross_attention_against_plain() {
    for seed in 0..3 {
        let mut fast = CrossAttention::new(24, 3, &mut Rng::new(seed, "weights"));
        let mut plain = fast.to_f64();
        let real = padding(21, seed == 1);
        let (x, memory, grad) = (random(&[3, 37, 24], 0), random(&[3, 21, 24], 1), random(&[3, 37, 24], 2));
        let [k, v] = plain.kv.infer(memory.clone()).split_equal(2).map(|part| split_heads(part, 3));
        let q = split_heads(plain.q.infer(x.clone()), 3);
        let mask = Mask::padding(&real);
        let y = plain.output.infer(merge_heads(scaled_dot_product(&q, &k, &v, &mask)));
        assert_close("infer", &fast.infer(x.to_f32(), memory.to_f32(), Some(&real)), &y);
        assert_close("forward", &fast.forward(x.to_f32(), memory.to_f32(), Some(&real)), &y);
        plain.forward(x, memory, Some(&real));
        let ((dx, dmemory), (px, pmemory)) = (fast.backward(grad.to_f32()), plain.backward(grad));
        assert_close("input gradient", &dx, &px);
        assert_close("memory gradient", &dmemory, &pmemory);
        assert_gradients_close(&mut fast, &mut plain);
    }
}

#[test]
fn fast_grouped_query_attention_against_plain() {
    for (seed, (heads, kv_heads)) in [(4, 4), (4, 2), (6, 1)].into_iter().enumerate() {
        let size = 8 * heads;
        let rotary = Rotary::new(8, 500.0);
        let mut rng = Rng::new(seed as u64, "weights");
        let mut fast =
            GroupedQueryAttention::new(size, heads, kv_heads, &mut rng).with_rotary(rotary.clone());
        let mut plain = fast.to_f64();
        let real = padding(37, false);
        let mask = Mask { causal: true, padding: Some(&real) };
        let (x, grad) = (random(&[3, 37, size], 0), random(&[3, 37, size], 1));
        let q = rotary.apply(split_heads(plain.q.infer(x.clone()), heads), 0);
        let k = rotary.apply(split_heads(plain.k.infer(x.clone()), kv_heads), 0);
        let v = split_heads(plain.v.infer(x.clone()), kv_heads);
        let y = plain.output.infer(merge_heads(attention(&q, &k, &v, &mask.into())));
        assert_close("infer", &fast.infer(x.to_f32(), &mask), &y);
        assert_close("forward", &fast.forward(x.to_f32(), &mask), &y);
        plain.forward(x, &mask);
        assert_close("input gradient", &fast.backward(grad.to_f32()), &plain.backward(grad));
        assert_gradients_close(&mut fast, &mut plain);
    }
}

/// The gradients of all parameters, in 32 and in 64 bits.
fn assert_gradients_close(fast: &mut dyn Module<f32>, plain: &mut dyn Module<f64>) {
    let mut gradients = Vec::new();
    for_each_param(plain, |_, param| gradients.push(param.grad.clone()));
    let mut gradients = gradients.iter();
    for_each_param(fast, |path, param| {
        assert_close(&path.to_string(), &param.grad, gradients.next().unwrap());
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The memory is a set: in another order it says the same, and its gradient comes back in that order.
    #[test]
    fn property_cross_attention_sees_a_set(seed in 0u64..1000, keys in 1usize..7) {
        let mut layer = CrossAttention::new(6, 3, &mut Rng::new(seed, "weights")).to_f64();
        let (x, memory, g) = (random(&[2, 4, 6], seed), random(&[2, keys, 6], seed + 1), random(&[2, 4, 6], seed + 2));
        let mut order: Vec<i64> = (0..keys as i64).collect();
        Rng::new(seed, "order").shuffle(&mut order);
        let order = Array::from_slice(&order, [keys]);
        let shuffled = memory.index_select(1, &order);
        let a = layer.forward(x.clone(), memory, None);
        let (da, dmemory) = layer.backward(g.clone());
        let b = layer.forward(x, shuffled, None);
        let (db, dshuffled) = layer.backward(g);
        assert_near("output", &b, &a);
        assert_near("gradient", &db, &da);
        assert_near("gradient of the memory", &dshuffled, &dmemory.index_select(1, &order));
    }

    /// Rotary positions know distances alone: other places, same distances, same output.
    #[test]
    fn property_rotary_is_relative(seed in 0u64..1000, shift in 0usize..5000) {
        for layout in [RotaryLayout::Halves, RotaryLayout::Interleaved] {
            let rotary = Rotary::new(8, 10000.0).with_layout(layout);
            let [q, k, v] = [0, 1, 2].map(|s| random(&[1, 2, 5, 8], seed + s));
            let at = |offset: usize| {
                let (q, k) = (rotary.apply(q.clone(), offset), rotary.apply(k.clone(), offset));
                attention(&q, &k, &v, &AttentionOptions::default())
            };
            // Angles of up to 5000 radians carry 16 digits less four.
            let off = (at(0) - &at(shift)).iter().fold(0.0, |off: f64, x| off.max(x.abs()));
            prop_assert!(off < 1e-10, "off by {off}");
            // Lengths stay, and turning back undoes turning.
            let turned = rotary.apply(q.clone(), shift);
            prop_assert!(((&turned * &turned).sum_all() - (&q * &q).sum_all()).abs() < 1e-10);
            assert_near("back", &rotary.apply_backward(turned, shift), &q);
        }
    }

    /// With as many heads of keys as of queries, and no positions, it is multi-head attention; with rotary positions
    /// the order matters.
    #[test]
    fn property_grouped_query_attention_is_multi_head(seed in 0u64..1000, time in 2usize..7) {
        let multi = MultiHeadAttention::new(6, 3, &mut Rng::new(seed, "weights")).to_f64();
        let mut grouped = grouped(6, 3, 3, seed);
        let [weight, bias] = [&multi.qkv.weight, multi.qkv.bias.as_ref().unwrap()].map(|param| param.value.clone());
        let parts = [0, 6, 12].map(|start| {
            let part = |x: &Array<f64>| x.narrow(0, start, 6).contiguous();
            ch05_backprop::Linear::from_parts(part(&weight), Some(part(&bias)))
        });
        [grouped.q, grouped.k, grouped.v] = parts;
        grouped.output = ch05_backprop::Linear::from_parts(
            multi.output.weight.value.clone(),
            multi.output.bias.as_ref().map(|bias| bias.value.clone()),
        );
        let x = random(&[2, time, 6], seed);
        assert_near("the same", &grouped.infer(x.clone(), &Mask::CAUSAL), &multi.infer(x.clone(), &Mask::CAUSAL));
        let turned = grouped.with_rotary(Rotary::new(2, 100.0));
        let back = |x: Array<f64>| x.flip(1);
        let (a, b) = (turned.infer(x.clone(), &Mask::NONE), back(turned.infer(back(x), &Mask::NONE)));
        prop_assert!((a - &b).iter().any(|off| off.abs() > 1e-6), "the order is seen");
    }
}

/// The frequencies of each kind of scaling, by their definitions.
#[test]
fn rotary_scaling_slows_the_right_pairs() {
    let plain = Rotary::new(64, 10000.0);
    let of = |scaling| Rotary::scaled(64, 10000.0, scaling);
    let ratio = |scaled: &Rotary, pair: usize| plain.frequencies()[pair] / scaled.frequencies()[pair];
    let linear = of(RotaryScaling::Linear { factor: 4.0 });
    assert!((0..32).all(|pair| (ratio(&linear, pair) - 4.0).abs() < 1e-12), "all pairs alike");
    let ntk = of(RotaryScaling::Ntk { factor: 4.0 });
    assert!(
        (ratio(&ntk, 0) - 1.0).abs() < 1e-12 && (ratio(&ntk, 31) - 4.0).abs() < 1e-12,
        "fastest, slowest"
    );
    let llama = of(RotaryScaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, trained: 8192.0 });
    assert!((ratio(&llama, 0) - 1.0).abs() < 1e-12 && (ratio(&llama, 31) - 8.0).abs() < 1e-12);
    // A pair that goes round between once and four times within 8192 positions lies between.
    let turns = |pair: usize| 8192.0 * plain.frequencies()[pair] / std::f64::consts::TAU;
    let between = (0..32).find(|&pair| turns(pair) < 4.0 && turns(pair) > 1.0).unwrap();
    assert!((1.1..7.9).contains(&ratio(&llama, between)), "{}", ratio(&llama, between));
}

/// A window of one is attention to oneself alone.
#[test]
fn a_window_of_one_is_a_linear_layer() {
    let layer = grouped(6, 3, 1, 7).with_window(1);
    let x = random(&[2, 5, 6], 8);
    let v = layer.v.infer(x.clone()).repeat(1, 1);
    let alone = Array::concat(&[&v, &v, &v], 2);
    assert_near("values alone", &layer.infer(x, &Mask::NONE), &layer.output.infer(alone));
}

#[test]
fn alibi_in_a_layer_is_a_bias() {
    let layer = grouped(6, 3, 3, 9).with_alibi();
    let x = random(&[2, 5, 6], 10);
    let [q, k, v] = [&layer.q, &layer.k, &layer.v].map(|linear| split_heads(linear.infer(x.clone()), 3));
    let slopes = alibi_slopes::<f64>(3);
    let bias = Array::from_fn([1, 3, 5, 5], |at| -slopes[[at[1]]] * at[2].abs_diff(at[3]) as f64);
    let options = AttentionOptions { bias: Some(&bias), ..Mask::CAUSAL.into() };
    let y = layer.output.infer(merge_heads(attention(&q, &k, &v, &options)));
    assert_near("a bias", &layer.infer(x, &Mask::CAUSAL), &y);
}

#[test]
#[should_panic(
    expected = "GroupedQueryAttention: weights [[6, 6], [4, 6], [4, 6], [6, 6]] do not fit 3 heads"
)]
fn heads_must_be_shared_evenly() {
    grouped(6, 3, 2, 0);
}

#[test]
#[should_panic(expected = "CrossAttention::backward: no forward call to go back through")]
fn cross_attention_needs_a_forward() {
    CrossAttention::new(4, 2, &mut Rng::new(0, "weights")).backward(random(&[1, 2, 4], 0).to_f32());
}
