//! Laws of attention that hold for any numbers, and what the wrong use of masks and positions does.

use ch01_tensors::{Array, Rng, Tensor, context};
use ch05_backprop::{Layer, for_each_param};
use ch19_attention::{
    LearnedPositions, Mask, MultiHeadAttention, attention_weights, merge_heads, scaled_dot_product,
    scaled_dot_product_backward, self_attention, self_attention_backward, sinusoidal_positions, split_heads,
};
use proptest::prelude::*;

use crate::common::{assert_near, random};

fn layer(seed: u64, size: usize, heads: usize) -> MultiHeadAttention<f64> {
    MultiHeadAttention::new(size, heads, &mut Rng::new(seed, "weights")).to_f64()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The output lies among the values: weights are at least 0 and sum to 1, over the allowed keys alone.
    #[test]
    fn property_scaled_dot_product_takes_means(seed in 0u64..1000, queries in 1usize..6, keys in 1usize..6) {
        let [q, k] = [(queries, 1), (keys, 2)].map(|(n, s)| random(&[2, 2, n, 3], seed + s) * 3.0);
        let real = Array::from_fn([2, keys], |at| !(at[0] + at[1] + seed as usize).is_multiple_of(3));
        let mask = Mask { causal: seed % 2 == 0, padding: Some(&real) };
        let weights = attention_weights(&q, &k, &mask);
        for (at, row) in weights.to_vec().chunks(keys).enumerate() {
            let (batch, query) = (at / queries / 2, at % queries);
            let allowed = (0..keys).filter(|&key| mask.allows(batch, query, key)).count();
            let sum: f64 = row.iter().sum();
            let want = f64::from(u8::from(allowed > 0));
            prop_assert!((sum - want).abs() < 1e-12);
            for (key, &weight) in row.iter().enumerate() {
                prop_assert!(weight >= 0.0 && (weight == 0.0 || mask.allows(batch, query, key)));
            }
        }
        // The values enter linearly: <G, P V> = <Pᵀ G, V>.
        let (v, g) = (random(&[2, 2, keys, 4], seed + 3), random(&[2, 2, queries, 4], seed + 4));
        let y = scaled_dot_product(&q, &k, &v, &mask);
        let [_, _, dv] = scaled_dot_product_backward(&g, &q, &k, &v, &mask);
        prop_assert!(((&y * &g).sum_all() - (&dv * &v).sum_all()).abs() < 1e-10);
    }

    /// Without positions attention does not know the order: permuted tokens give permuted outputs.
    #[test]
    fn property_multi_head_attention_permutes(seed in 0u64..1000, time in 2usize..9) {
        let attention = layer(seed, 6, 3);
        let x = random(&[2, time, 6], seed);
        let mut order: Vec<i64> = (0..time as i64).collect();
        Rng::new(seed, "order").shuffle(&mut order);
        let order = Array::from_slice(&order, [time]);
        let permuted = attention.infer(x.index_select(1, &order), &Mask::NONE);
        assert_near("permuted", &permuted, &attention.infer(x, &Mask::NONE).index_select(1, &order));
    }

    /// Padded tokens, whatever they hold, change neither the outputs of the real tokens nor any gradient.
    #[test]
    fn property_self_attention_ignores_padding(seed in 0u64..1000, time in 1usize..8, more in 1usize..20) {
        let (heads, causal) = (2, seed % 2 == 0);
        let short = random(&[2, time, 12], seed);
        let long = Array::concat(&[&short, &(random(&[2, more, 12], seed + 1) * 100.0)], 1);
        let real = Array::from_fn([2, time + more], |at| at[1] < time);
        let all = Mask { causal, padding: None };
        let padded = Mask { causal, padding: Some(&real) };
        let (a, b) = (self_attention(&short, heads, &all), self_attention(&long, heads, &padded));
        assert_near("output", &b.output.narrow(1, 0, time), &a.output);
        // No loss looks at padded places, so their gradient is 0.
        let grad = random(&[2, time, 4], seed + 2);
        let long_grad = Array::concat(&[&grad, &Array::zeros([2, more, 4])], 1);
        let da = self_attention_backward(&grad, &short, &a, heads, &all);
        let db = self_attention_backward(&long_grad, &long, &b, heads, &padded);
        assert_near("gradient", &db.narrow(1, 0, time), &da);
        prop_assert!(db.narrow(1, time, more).iter().all(|g| g == 0.0));
    }

    /// With a causal mask, what comes later changes nothing before it.
    #[test]
    fn property_self_attention_is_causal(seed in 0u64..1000, time in 2usize..40) {
        let qkv = random(&[1, time, 12], seed);
        let cut = 1 + seed as usize % (time - 1);
        let mut other = qkv.copy();
        other.assign_slice((.., cut..), &random(&[1, time - cut, 12], seed + 1));
        let [a, b] = [&qkv, &other].map(|qkv| self_attention(qkv, 2, &Mask::CAUSAL).output);
        assert_near("before the change", &b.narrow(1, 0, cut), &a.narrow(1, 0, cut));
        prop_assert!(a.narrow(1, cut, 1) != b.narrow(1, cut, 1), "the change itself is seen");
    }

    /// A sum passes its gradient on: <y, g> = <x, g> + <table, dtable>, for any number of sequences.
    #[test]
    fn property_learned_positions_are_linear(seed in 0u64..1000, batch in 1usize..4, time in 1usize..5) {
        let mut positions = LearnedPositions::from_parts(random(&[5, 3], seed));
        let (x, g) = (random(&[batch, time, 3], seed + 1), random(&[batch, time, 3], seed + 2));
        let y = positions.forward(x.clone());
        let dx = positions.backward(g.clone());
        let back = (&dx * &x).sum_all() + (&positions.weight.grad * &positions.weight.value).sum_all();
        prop_assert!(((&y * &g).sum_all() - back).abs() < 1e-10);
    }
}

#[test]
fn splitting_and_merging_heads_are_inverse() {
    let x = random(&[2, 5, 6], 0);
    for heads in [1, 2, 3, 6] {
        assert_eq!(merge_heads(split_heads(x.clone(), heads)), x);
    }
    // Head 1 of token t holds the second part of that token's features.
    assert_eq!(split_heads(x.clone(), 2).slice((1, 1, 4)), x.slice((1, 4, 3..)));
}

#[test]
fn a_query_without_keys_gives_zeros_and_no_gradient() {
    let real = Array::from([[false, false, false], [true, false, true]]);
    let mask = Mask::padding(&real);
    let qkv = random(&[2, 3, 12], 1);
    let attended = self_attention(&qkv, 2, &mask);
    assert!(attended.output.slice(0).iter().all(|y| y == 0.0));
    let grad = self_attention_backward(&random(&[2, 3, 4], 2), &qkv, &attended, 2, &mask);
    assert!(grad.slice(0).iter().all(|g| g == 0.0));
    assert!(grad.slice(1).iter().any(|g| g != 0.0));
}

#[test]
fn nan_stays_visible() {
    let mut qkv = random(&[1, 3, 6], 3);
    qkv[[0, 1, 0]] = f64::NAN;
    let output = self_attention(&qkv, 1, &Mask::NONE).output;
    assert!(output.slice((0, 1)).iter().all(f64::is_nan), "the query that is NaN");
    assert!(output.slice((0, 0)).iter().all(|y| !y.is_nan()), "another query");
}

/// Trap: without a padding mask the filling changes the output, and the more of it the more.
#[test]
fn padding_without_a_mask_is_seen() {
    let attention = layer(4, 6, 2);
    let x = random(&[1, 4, 6], 4);
    let padded = Array::concat(&[&x, &Array::zeros([1, 12, 6])], 1);
    let (alone, with) = (attention.infer(x, &Mask::NONE), attention.infer(padded, &Mask::NONE));
    let off = alone.iter().zip(with.narrow(1, 0, 4).iter()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(off > 0.01, "off by {off}");
}

/// Distances between sinusoidal positions depend on the distance in time alone.
#[test]
fn sinusoidal_products_depend_on_the_distance() {
    let table = sinusoidal_positions::<f64>(50, 8);
    let product = |a: usize, b: usize| (table.slice(a) * table.slice(b)).sum_all();
    for distance in [0, 1, 7, 20] {
        for start in [1, 10, 29] {
            assert!((product(start, start + distance) - product(0, distance)).abs() < 1e-12);
        }
    }
}

/// Values and gradients of a layer in f32 with a padding mask, as bits, on pools of different sizes.
#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let real = Array::from_fn([6, 150], |at| at[1] < 150 - 20 * at[0]);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut layer = MultiHeadAttention::new(64, 4, &mut Rng::new(5, "weights"));
            let x = Tensor::normal([6, 150, 64], 0.0, 1.0, &mut Rng::new(6, "input"));
            let y = layer.forward(x.clone(), &Mask::padding(&real));
            let dx = layer.backward(x);
            let mut bits: Vec<u32> = y.iter().chain(dx.iter()).map(f32::to_bits).collect();
            for_each_param(&mut layer, |_, param| bits.extend(param.grad.iter().map(f32::to_bits)));
            bits
        })
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        assert!(run(threads) == one, "{threads} threads give other bits than one");
    }
}

#[test]
#[should_panic(expected = "blocks.3: self_attention: padding mask [2, 4] for [2, 5] tokens")]
fn a_mask_of_another_length_is_refused() {
    let _inside = context::enter("blocks");
    let _inside = context::enter(3);
    let real = Array::full([2, 4], true);
    layer(0, 6, 2).infer(random(&[2, 5, 6], 0), &Mask::padding(&real));
}

#[test]
#[should_panic(expected = "MultiHeadAttention: 6 features do not split into 4 heads")]
fn heads_must_divide_the_features() {
    layer(0, 6, 4);
}

#[test]
#[should_panic(expected = "qkv: matmul: inner sizes differ: [10, 5] x [6, 18]")]
fn errors_name_the_layer() {
    layer(0, 6, 2).infer(random(&[2, 5, 5], 0), &Mask::NONE);
}

#[test]
#[should_panic(expected = "MultiHeadAttention::backward: no forward call to go back through")]
fn backward_needs_a_forward() {
    layer(0, 6, 2).backward(random(&[2, 5, 6], 0));
}
