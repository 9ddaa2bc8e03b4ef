//! Attention with all options: gradients, laws, and the tiled version against the plain one.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch19_attention::{
    Attended, AttentionOptions, Mask, alibi_slopes, attention, attention_backward, flash_attention,
    flash_attention_backward, scaled_dot_product, split_heads,
};
use proptest::prelude::*;

use crate::common::{all_options, assert_close, assert_near, padding, random};

#[test]
fn gradcheck_attention() {
    // Five queries of four heads, three keys of two heads; values of another size; biases that are repeated or not.
    let [q, k, v] = [(4, 5, 3, 0), (2, 3, 3, 1), (2, 3, 2, 2)].map(|(h, n, d, s)| random(&[3, h, n, d], s));
    let (c, slopes) = (random(&[3, 4, 5, 2], 3), alibi_slopes(4));
    for (real, bias) in [
        (padding(3, false), [3, 4, 5, 3]),
        (padding(3, true), [1, 4, 5, 3]),
        (padding(3, true), [3, 1, 5, 3]),
    ] {
        let bias = random(&bias, 4);
        for options in all_options(&real, &bias, &slopes) {
            let loss = |q: &_, k: &_, v: &_| (attention(q, k, v, &options) * &c).sum_all();
            let ours = attention_backward(&c, &q, &k, &v, &options);
            assert_gradient("the queries", &ours.q, &numerical_gradient(|q| loss(q, &k, &v), &q));
            assert_gradient("the keys", &ours.k, &numerical_gradient(|k| loss(&q, k, &v), &k));
            assert_gradient("the values", &ours.v, &numerical_gradient(|v| loss(&q, &k, v), &v));
            if let Some(gradient) = ours.bias {
                let with = |bias: &Array<f64>| {
                    let options = AttentionOptions { bias: Some(bias), ..options };
                    (attention(&q, &k, &v, &options) * &c).sum_all()
                };
                assert_gradient("the bias", &gradient, &numerical_gradient(with, &bias));
            }
        }
    }
}

#[test]
fn gradcheck_flash_attention() {
    let [q, k, v] = [(4, 5, 3, 0), (2, 4, 3, 1), (2, 4, 2, 2)].map(|(h, n, d, s)| random(&[3, h, n, d], s));
    let (c, slopes, bias) = (random(&[3, 4, 5, 2], 3), alibi_slopes(4), random(&[3, 1, 5, 4], 4));
    let real = padding(4, true);
    for options in all_options(&real, &bias, &slopes) {
        let loss = |q: &_, k: &_, v: &_| (flash_attention(q, k, v, &options).output * &c).sum_all();
        let attended = flash_attention(&q, &k, &v, &options);
        let [dq, dk, dv] = flash_attention_backward(&c, &q, &k, &v, &attended, &options);
        assert_gradient("the queries", &dq, &numerical_gradient(|q| loss(q, &k, &v), &q));
        assert_gradient("the keys", &dk, &numerical_gradient(|k| loss(&q, k, &v), &k));
        assert_gradient("the values", &dv, &numerical_gradient(|v| loss(&q, &k, v), &v));
    }
}

/// The same options for f32.
fn narrow<'a>(
    options: &AttentionOptions<'a, f64>,
    bias: &'a Tensor,
    slopes: &'a Tensor,
) -> AttentionOptions<'a, f32> {
    AttentionOptions {
        mask: options.mask,
        offset: options.offset,
        window: options.window,
        blocks: options.blocks,
        bias: options.bias.map(|_| bias),
        slopes: options.slopes.map(|_| slopes),
        scale: options.scale,
    }
}

/// From one query and key to several blocks (128 queries) and tiles (256 keys), sizes that fill no vector.
const SIZES: [[usize; 6]; 4] =
    [[1, 1, 1, 1, 1, 1], [2, 1, 7, 9, 3, 5], [4, 2, 140, 270, 16, 16], [2, 2, 300, 40, 8, 8]];

#[test]
fn fast_flash_attention_against_plain() {
    for [heads, kv_heads, queries, keys, size, value_size] in SIZES {
        let [q, k, v, grad] = [
            (heads, queries, size, 0),
            (kv_heads, keys, size, 1),
            (kv_heads, keys, value_size, 2),
            (heads, queries, value_size, 3),
        ]
        .map(|(h, n, d, seed)| random(&[3, h, n, d], seed));
        let (bias, slopes) = (random(&[1, heads, queries, keys], 4), alibi_slopes::<f64>(heads));
        let [q32, k32, v32, grad32] = [&q, &k, &v, &grad].map(|x| x.to_f32());
        let (bias32, slopes32, real) = (bias.to_f32(), slopes.to_f32(), padding(keys, keys % 2 == 0));
        for (number, options) in all_options(&real, &bias, &slopes).iter().enumerate() {
            let what = format!("{heads} heads, {queries} queries, {keys} keys, options {number}");
            let narrow = narrow(options, &bias32, &slopes32);
            let attended = flash_attention(&q32, &k32, &v32, &narrow);
            assert_close(&what, &attended.output, &attention(&q, &k, &v, options));
            let [dq, dk, dv] = flash_attention_backward(&grad32, &q32, &k32, &v32, &attended, &narrow);
            let plain = attention_backward(&grad, &q, &k, &v, options);
            assert_close(&format!("{what}, queries"), &dq, &plain.q);
            assert_close(&format!("{what}, keys"), &dk, &plain.k);
            assert_close(&format!("{what}, values"), &dv, &plain.v);
        }
    }
}

#[test]
fn fast_attention_in_f32() {
    let [q, k, v, grad] = [(4, 0), (2, 1), (2, 2), (4, 3)].map(|(h, seed)| random(&[2, h, 40, 16], seed));
    let [q32, k32, v32, grad32] = [&q, &k, &v, &grad].map(|x| x.to_f32());
    let options = AttentionOptions { window: Some(9), ..Mask::CAUSAL.into() };
    let options32 = AttentionOptions { window: Some(9), ..Mask::CAUSAL.into() };
    assert_close("output", &attention(&q32, &k32, &v32, &options32), &attention(&q, &k, &v, &options));
    let fast = attention_backward(&grad32, &q32, &k32, &v32, &options32);
    let plain = attention_backward(&grad, &q, &k, &v, &options);
    assert_close("queries", &fast.q, &plain.q);
    assert_close("keys", &fast.k, &plain.k);
    assert_close("values", &fast.v, &plain.v);
}

/// Heads as [`split_heads`] makes them are views with gaps; the output merges without a copy.
#[test]
fn flash_attention_takes_views() {
    let [q, k, v] = [6, 7, 8].map(|seed| split_heads(random(&[2, 9, 12], seed), 3));
    assert!(!q.is_contiguous());
    let Attended { output, .. } = flash_attention(&q, &k, &v, &Mask::CAUSAL.into());
    assert!(output.clone().transpose(1, 2).is_contiguous());
    assert_near("views", &output, &scaled_dot_product(&q, &k, &v, &Mask::CAUSAL));
    // A view whose last axis has gaps, and one that runs backwards.
    let wide = q.clone().contiguous().transpose(2, 3).contiguous().transpose(2, 3);
    assert_near("gaps", &flash_attention(&wide, &k, &v, &Mask::CAUSAL.into()).output, &output);
    let turned = flash_attention(&q.clone().flip(2), &k, &v, &Mask::NONE.into()).output.flip(2);
    assert_near("backwards", &turned, &flash_attention(&q, &k, &v, &Mask::NONE.into()).output);
}

#[test]
fn nan_and_empty_rows_in_tiles() {
    let [mut q, k, v] = [0, 1, 2].map(|seed| random(&[1, 1, 3, 4], seed));
    q[[0, 0, 1, 0]] = f64::NAN;
    let attended = flash_attention(&q, &k, &v, &Mask::NONE.into());
    assert!(attended.output.slice((0, 0, 1)).iter().all(f64::is_nan), "the query that is NaN");
    assert!(attended.output.slice((0, 0, 0)).iter().all(|y| !y.is_nan()), "another query");
    // A bias of -inf hides like a mask; a query without any key gets zeros and no gradient.
    let bias =
        Array::from_fn([1, 1, 3, 3], |at| if at[2] == 0 || at[3] == 2 { f64::NEG_INFINITY } else { 0.0 });
    let options = AttentionOptions { bias: Some(&bias), ..Default::default() };
    let q = random(&[1, 1, 3, 4], 3);
    let attended = flash_attention(&q, &k, &v, &options);
    assert_near("as the plain one", &attended.output, &attention(&q, &k, &v, &options));
    assert!(attended.output.slice((0, 0, 0)).iter().all(|y| y == 0.0));
    let [dq, dk, _] = flash_attention_backward(&v, &q, &k, &v, &attended, &options);
    assert!(dq.slice((0, 0, 0)).iter().all(|g| g == 0.0), "the query without keys");
    assert!(dk.slice((0, 0, 2)).iter().all(|g| g == 0.0), "the hidden key");
}

/// Trap: a large negative number instead of -inf hides a key from queries that have others. A query that has none looks at
/// all of them, since softmax does not see what all scores of a row share.
#[test]
fn minus_a_billion_hides_no_whole_row() {
    let [q, k, v] = [0, 1, 2].map(|seed| random(&[1, 1, 2, 3], seed));
    // Query 0 is to see no key, query 1 the first.
    let output = |number: f64| {
        let bias = Array::from_fn([1, 1, 2, 2], |at| if at[2] == 0 || at[3] == 1 { number } else { 0.0 });
        attention(&q, &k, &v, &AttentionOptions { bias: Some(&bias), ..Default::default() })
    };
    let (large, infinite) = (output(-1e9), output(f64::NEG_INFINITY));
    assert_near("the query that has a key", &large.slice((0, 0, 1)), &infinite.slice((0, 0, 1)));
    assert!(infinite.slice((0, 0, 0)).iter().all(|y| y == 0.0), "-inf");
    assert!(large.slice((0, 0, 0)).iter().any(|y| y.abs() > 0.01), "-1e9");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Shared heads are heads that are repeated; values enter linearly.
    #[test]
    fn property_attention_shares_heads(seed in 0u64..1000, queries in 1usize..6, keys in 1usize..6) {
        let q = random(&[2, 4, queries, 3], seed);
        let [k, v] = [1, 2].map(|s| random(&[2, 2, keys, 3], seed + s));
        let options = AttentionOptions::from(Mask::CAUSAL);
        let shared = attention(&q, &k, &v, &options);
        let [k2, v2] = [&k, &v].map(|x| x.repeat(2, 1));
        assert_near("shared", &shared, &scaled_dot_product(&q, &k2, &v2, &Mask::CAUSAL));
        let g = random(&[2, 4, queries, 3], seed + 3);
        let back = attention_backward(&g, &q, &k, &v, &options);
        prop_assert!(((&shared * &g).sum_all() - (&back.v * &v).sum_all()).abs() < 1e-10);
    }

    /// Cutting the keys into two runs and adding up by the logarithms of the sums gives the whole: the law that the
    /// tiles rest on.
    #[test]
    fn property_flash_attention_adds_up(seed in 0u64..1000, queries in 1usize..5, keys in 2usize..9) {
        let [q, k, v] = [(queries, 0), (keys, 1), (keys, 2)].map(|(n, s)| random(&[1, 2, n, 3], seed + s));
        let cut = 1 + seed as usize % (keys - 1);
        let none = Mask::NONE.into();
        let whole = flash_attention(&q, &k, &v, &none);
        let part = |start: usize, length: usize| {
            let a = flash_attention(&q, &k.narrow(2, start, length), &v.narrow(2, start, length), &none);
            (a.output, a.log_sums.exp().unsqueeze(-1))
        };
        let ((a, x), (b, y)) = (part(0, cut), part(cut, keys - cut));
        assert_near("the sum of both", &((a * &x + &(b * &y)) / &(&x + &y)), &whole.output);
    }

    /// A window is a mask: what lies outside changes nothing, in any direction.
    #[test]
    fn property_attention_window_hides_the_rest(seed in 0u64..1000, time in 4usize..30, window in 1usize..4) {
        let [q, k, v] = [0, 1, 2].map(|s| random(&[1, 1, time, 3], seed + s));
        let query = seed as usize % time;
        let seen = |key: usize| query.abs_diff(key) < window;
        let other = Array::from_fn([1, 1, time, 3], |at| if seen(at[2]) { v[[0, 0, at[2], at[3]]] } else { 100.0 });
        let options = AttentionOptions { window: Some(window), ..Default::default() };
        let plain = [&v, &other].map(|v| attention(&q, &k, v, &options).slice((0, 0, query)));
        let tiled = [&v, &other].map(|v| flash_attention(&q, &k, v, &options).output.slice((0, 0, query)));
        assert_near("plain", &plain[0], &plain[1]);
        assert_near("tiled", &tiled[0], &tiled[1]);
    }
}

/// ALiBi: with equal keys the weights fall with the distance, and the farther a key the less its value matters.
#[test]
fn alibi_is_monotone() {
    let slopes = alibi_slopes::<f64>(8);
    assert!((slopes[[0]] - 0.5).abs() < 1e-15 && (slopes[[7]] - 1.0 / 256.0).abs() < 1e-15, "{slopes:?}");
    let (q, k) = (Array::ones([1, 8, 6, 2]), Array::ones([1, 8, 6, 2]));
    // Values that are the unit vectors: the output is the row of weights.
    let v = Array::from_fn([1, 8, 6, 6], |at| if at[2] == at[3] { 1.0 } else { 0.0 });
    let options = AttentionOptions { slopes: Some(&slopes), ..Mask::CAUSAL.into() };
    let weights = flash_attention(&q, &k, &v, &options).output;
    for head in 0..8 {
        let row = weights.slice((0, head as isize, 5)).to_vec();
        assert!(row.is_sorted() && row[0] < row[5], "head {head}: {row:?}");
        // Softmax makes the penalty a factor.
        assert!((row[4] / row[5] - (-slopes[[head]]).exp()).abs() < 1e-12);
    }
}

/// The slopes for other counts than powers of two, as the authors' code gives them.
#[test]
fn alibi_slopes_for_any_number_of_heads() {
    let slopes = alibi_slopes::<f64>(12).to_vec();
    let want: Vec<f64> =
        (1..=8).map(|i| -f64::from(i)).chain([-0.5, -1.5, -2.5, -3.5]).map(f64::exp2).collect();
    for (ours, want) in slopes.iter().zip(&want) {
        assert!((ours - want).abs() < 1e-15, "{slopes:?} and {want:?}");
    }
}

/// Output and gradients of f32 attention as bits, on pools of different sizes.
#[test]
fn flash_gives_the_same_bits_on_any_number_of_threads() {
    let mut rng = Rng::new(5, "input");
    let q = Tensor::normal([2, 4, 300, 32], 0.0, 1.0, &mut rng);
    let [k, v] = [0, 1].map(|_| Tensor::normal([2, 2, 300, 32], 0.0, 1.0, &mut rng));
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let options = Mask::CAUSAL.into();
            let attended = flash_attention(&q, &k, &v, &options);
            let gradients = flash_attention_backward(&q, &q, &k, &v, &attended, &options);
            let all = gradients.iter().flat_map(|x| x.to_vec()).chain(attended.output.to_vec());
            all.map(f32::to_bits).collect::<Vec<_>>()
        })
    };
    let one = run(1);
    for threads in [2, 5] {
        assert!(run(threads) == one, "{threads} threads give other bits than one");
    }
}

#[test]
#[should_panic(
    expected = "flash_attention: queries [2, 3, 4, 6], keys [2, 2, 4, 6] and values [2, 2, 4, 6] do not fit"
)]
fn heads_of_keys_must_divide_those_of_queries() {
    let [q, k] = [3, 2].map(|heads| random(&[2, heads, 4, 6], 0));
    flash_attention(&q, &k, &k, &Mask::NONE.into());
}

#[test]
#[should_panic(expected = "attention: a bias of shape [2, 1, 4, 4] for scores of [3, 2, 4, 4]")]
fn a_bias_must_fit() {
    let q = random(&[3, 2, 4, 6], 0);
    let bias = random(&[2, 1, 4, 4], 0);
    attention(&q, &q, &q, &AttentionOptions { bias: Some(&bias), ..Default::default() });
}
