//! Cheaper patterns: blocks, linear attention, and the online softmax for one query.

use ch01_tensors::{Array, Rng};
use ch02_matmul::matmul;
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch19_attention::{
    AttentionOptions, BigBird, BlockPattern, Mask, OnlineSoftmax, attention, attention_backward,
    flash_attention, flash_attention_backward, linear_attention, linear_attention_backward,
};
use proptest::prelude::*;

use crate::common::{assert_close, assert_near, masks, padding, random};

/// The formula with whole matrices.
fn plain_linear(q: &Array<f64>, k: &Array<f64>, v: &Array<f64>, mask: &Mask<'_>) -> Array<f64> {
    let feature = |x: &Array<f64>| x.map_to(|x| if x > 0.0 { x + 1.0 } else { x.exp() });
    let weights = matmul(&feature(q), &feature(k).transpose(-2, -1));
    let forbidden = mask.table([q.dim(0), q.dim(2), k.dim(2)]).map(|allowed| !allowed);
    let weights = weights.masked_fill(&forbidden, 0.0);
    let sums = weights.sum(-1, true).map(|sum| if sum == 0.0 { 1.0 } else { sum });
    matmul(&(weights / &sums), v)
}

#[test]
fn gradcheck_linear_attention() {
    let [q, k, v] = [(5, 3, 0), (5, 3, 1), (5, 2, 2)].map(|(n, d, seed)| random(&[3, 2, n, d], seed));
    let (c, real) = (random(&[3, 2, 5, 2], 3), padding(5, true));
    for mask in masks(&real) {
        let loss = |q: &_, k: &_, v: &_| (linear_attention(q, k, v, &mask) * &c).sum_all();
        let [dq, dk, dv] = linear_attention_backward(&c, &q, &k, &v, &mask);
        assert_gradient("the queries", &dq, &numerical_gradient(|q| loss(q, &k, &v), &q));
        assert_gradient("the keys", &dk, &numerical_gradient(|k| loss(&q, k, &v), &k));
        assert_gradient("the values", &dv, &numerical_gradient(|v| loss(&q, &k, v), &v));
    }
}

/// From one token to several chunks of 64.
#[test]
fn fast_linear_attention_against_plain() {
    for (time, size) in [(1, 1), (9, 5), (64, 8), (150, 16)] {
        let [q, k, v, grad] = [0, 1, 2, 3].map(|seed| random(&[3, 2, time, size], seed));
        let [q32, k32, v32, grad32] = [&q, &k, &v, &grad].map(|x| x.to_f32());
        let real = padding(time, true);
        for (number, mask) in masks(&real).iter().enumerate() {
            let what = format!("{time} tokens, mask {number}");
            assert_close(&what, &linear_attention(&q32, &k32, &v32, mask), &plain_linear(&q, &k, &v, mask));
            let fast = linear_attention_backward(&grad32, &q32, &k32, &v32, mask);
            let plain = linear_attention_backward(&grad, &q, &k, &v, mask);
            fast.iter().zip(&plain).for_each(|(fast, plain)| assert_close(&what, fast, plain));
        }
    }
}

/// Fewer queries than keys, as in cross-attention.
#[test]
fn linear_attention_to_a_memory() {
    let [q, k, v] = [(3, 0), (100, 1), (100, 2)].map(|(n, seed)| random(&[3, 2, n, 4], seed));
    let real = padding(100, true);
    let mask = Mask::padding(&real);
    assert_near("memory", &linear_attention(&q, &k, &v, &mask), &plain_linear(&q, &k, &v, &mask));
}

#[test]
fn blocks_are_a_mask_and_skipped() {
    // Seven blocks of 5 tokens for 33 of them: the last block is short.
    let mut rng = Rng::new(3, "pattern");
    let pattern = BlockPattern::big_bird(33, 5, BigBird { window: 1, global: 1, random: 1 }, &mut rng);
    let [q, k, v, grad] = [0, 1, 2, 3].map(|seed| random(&[3, 2, 33, 4], seed));
    let real = padding(33, false);
    for mask in masks(&real) {
        let options = AttentionOptions { blocks: Some(&pattern), ..mask.into() };
        let table = pattern.table(33);
        let bias =
            Array::from_fn([1, 1, 33, 33], |at| if table[[at[2], at[3]]] { 0.0 } else { f64::NEG_INFINITY });
        let hidden = AttentionOptions { bias: Some(&bias), ..mask.into() };
        let attended = flash_attention(&q, &k, &v, &options);
        assert_near("tiles", &attended.output, &attention(&q, &k, &v, &hidden));
        assert_near("plain", &attention(&q, &k, &v, &options), &attention(&q, &k, &v, &hidden));
        let ours = flash_attention_backward(&grad, &q, &k, &v, &attended, &options);
        let plain = attention_backward(&grad, &q, &k, &v, &hidden);
        for (ours, plain) in ours.iter().zip([plain.q, plain.k, plain.v]) {
            assert_near("gradient", ours, &plain);
        }
    }
    // Keys that no block of the queries sees are never read: NaN there changes nothing.
    let one = BlockPattern::from_fn(7, 5, |i, j| i == j);
    let mut broken = k.copy();
    broken.assign_slice((.., .., 30..), &Array::full([3, 2, 3, 4], f64::NAN));
    let options = AttentionOptions { blocks: Some(&one), ..Default::default() };
    let output = flash_attention(&q, &broken, &v, &options).output;
    assert!(output.narrow(2, 0, 30).iter().all(|y| !y.is_nan()));
}

/// A row of BigBird's pattern does not grow with the text; global blocks see all and are seen by all.
#[test]
fn big_bird_is_sparse() {
    let pattern = |time| {
        let bird = BigBird { window: 1, global: 1, random: 2 };
        BlockPattern::big_bird(time, 16, bird, &mut Rng::new(0, "pattern"))
    };
    let (short, long) = (pattern(512), pattern(4096));
    assert!(long.density() < short.density() / 5.0, "{} and {}", long.density(), short.density());
    assert!((0..4096).step_by(37).all(|t| long.sees(t, 3) && long.sees(7, t) && long.sees(t, t)));
    let seen: usize = long.runs(2048).iter().map(ExactSizeIterator::len).sum();
    assert!(seen <= (1 + 3 + 2) * 16, "one row sees {seen} keys");
}

#[test]
#[should_panic(expected = "flash_attention: a pattern for 8 queries, but there are 9")]
fn a_pattern_must_be_long_enough() {
    let x = random(&[1, 1, 9, 2], 0);
    let pattern = BlockPattern::from_fn(2, 4, |_, _| true);
    flash_attention(&x, &x, &x, &AttentionOptions { blocks: Some(&pattern), ..Default::default() });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Values enter linearly; with equal values the output is that value; and a common factor of the queries' features
    /// cancels: only directions matter.
    #[test]
    fn property_linear_attention_takes_means(seed in 0u64..1000, time in 1usize..9) {
        let [q, k, v, g] = [0, 1, 2, 3].map(|s| random(&[2, 2, time, 3], seed + s));
        let mask = if seed % 2 == 0 { Mask::NONE } else { Mask::CAUSAL };
        let y = linear_attention(&q, &k, &v, &mask);
        let [_, _, dv] = linear_attention_backward(&g, &q, &k, &v, &mask);
        prop_assert!(((&y * &g).sum_all() - (&dv * &v).sum_all()).abs() < 1e-10);
        let same = Array::full([2, 2, time, 3], 0.7);
        assert_near("equal values", &linear_attention(&q, &k, &same, &mask), &same);
        let positive = q.map_to(f64::abs);
        // φ(x) = x + 1 for positive x: the features of 2x + 1 are twice those of x.
        let twice = positive.map_to(|x| 2.0 * x + 1.0);
        let a = linear_attention(&positive, &k, &v, &mask);
        assert_near("twice the features", &linear_attention(&twice, &k, &v, &mask), &a);
    }

    /// However the keys are cut into runs, the online softmax of one query is softmax, and so is flash attention's.
    #[test]
    fn online_softmax_is_softmax(seed in 0u64..1000, keys in 1usize..12, cut in 0usize..12) {
        let [q, k, v] = [(1, 0), (keys, 1), (keys, 2)].map(|(n, s)| random(&[1, 1, n, 4], seed + s) * 3.0);
        let attended = flash_attention(&q, &k, &v, &Mask::NONE.into());
        let scores = (matmul(&q, &k.transpose(-2, -1)) * 0.5).to_vec();
        let (v, cut) = (v.to_vec(), cut.min(keys));
        let mut online = OnlineSoftmax::new(4);
        online.see(&scores[..cut], &v[..4 * cut]);
        online.see(&[f64::NEG_INFINITY], &[9.0; 4]);
        online.see(&scores[cut..], &v[4 * cut..]);
        let (mean, log_sum) = online.finish();
        let off = mean.iter().zip(attended.output.iter()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        prop_assert!(off < 1e-12 && (log_sum - attended.log_sums.item()).abs() < 1e-12, "off by {off}");
    }
}

/// Where self-attention changes over to tiles, the results go on as before.
#[test]
fn self_attention_changes_over_to_tiles() {
    use ch19_attention::{LONG, self_attention, self_attention_backward};
    let real = Array::from_fn([1, LONG], |at| at[1] < 60);
    let short = random(&[1, 60, 6], 0);
    let qkv = Array::concat(&[&short, &Array::zeros([1, LONG - 60, 6])], 1);
    let grad = Array::concat(&[&random(&[1, 60, 2], 1), &Array::zeros([1, LONG - 60, 2])], 1);
    let tiled = self_attention(&qkv, 1, &Mask { causal: true, padding: Some(&real) });
    let whole = self_attention(&short, 1, &Mask::CAUSAL);
    assert_near("output", &tiled.output.narrow(1, 0, 60), &whole.output);
    let mask = Mask { causal: true, padding: Some(&real) };
    let tiled = self_attention_backward(&grad, &qkv, &tiled, 1, &mask);
    let whole = self_attention_backward(&grad.narrow(1, 0, 60), &short, &whole, 1, &Mask::CAUSAL);
    assert_near("gradient", &tiled.narrow(1, 0, 60), &whole);
}
