//! The cache: token by token, in pieces, after going back and in beam search it gives what all tokens at once give.

use ch01_tensors::{Array, Rng};
use ch19_attention::{
    CrossAttention, GroupedQueryAttention, KvCache, Mask, MultiHeadAttention, Rotary, RotaryLayout,
};

use crate::common::{assert_near, padding, random};

/// Feeds `x`, `[batch, time, size]`, in pieces of these lengths.
fn in_pieces(
    x: &Array<f64>,
    lengths: &[usize],
    mut step: impl FnMut(Array<f64>) -> Array<f64>,
) -> Array<f64> {
    let pieces: Vec<Array<f64>> = x.split(lengths, 1).map(|piece| step(piece.contiguous())).collect();
    Array::concat(&pieces.iter().collect::<Vec<_>>(), 1)
}

const PIECES: [&[usize]; 3] = [&[1; 9], &[4, 1, 1, 3], &[9]];

#[test]
fn cached_multi_head_attention_equals_uncached() {
    let layer = MultiHeadAttention::new(12, 3, &mut Rng::new(0, "weights")).to_f64();
    let x = random(&[2, 9, 12], 1);
    let whole = layer.infer(x.clone(), &Mask::CAUSAL);
    for pieces in PIECES {
        let mut cache = layer.cache(2, 9);
        assert_near("cached", &in_pieces(&x, pieces, |piece| layer.infer_cached(piece, &mut cache)), &whole);
        assert_eq!((cache.len(), cache.capacity()), (9, 9));
    }
}

#[test]
fn cached_grouped_query_attention_equals_uncached() {
    let layer = |seed| GroupedQueryAttention::new(12, 6, 2, &mut Rng::new(seed, "weights")).to_f64();
    let rotary = Rotary::new(2, 50.0);
    for layer in [
        layer(0),
        layer(1).with_rotary(rotary.clone()),
        layer(2).with_rotary(rotary.with_layout(RotaryLayout::Interleaved)).with_window(3),
        layer(3).with_alibi(),
    ] {
        let x = random(&[2, 9, 12], 4);
        let whole = layer.infer(x.clone(), &Mask::CAUSAL);
        for pieces in PIECES {
            let mut cache = layer.cache(2, 12);
            assert_near(
                "cached",
                &in_pieces(&x, pieces, |piece| layer.infer_cached(piece, &mut cache)),
                &whole,
            );
        }
    }
}

#[test]
fn remembered_memory_equals_memory() {
    let layer = CrossAttention::new(6, 2, &mut Rng::new(0, "weights")).to_f64();
    let (x, memory, real) = (random(&[3, 4, 6], 1), random(&[3, 5, 6], 2), padding(5, true));
    let whole = layer.infer(x.clone(), memory.clone(), Some(&real));
    let cache = layer.remember(memory);
    let steps = in_pieces(&x, &[1; 4], |piece| layer.infer_cached(piece, &cache, Some(&real)));
    assert_near("remembered", &steps, &whole);
}

/// Going back and taking another way, and sequences that change places, as beam search does.
#[test]
fn a_cache_can_be_cut_and_reordered() {
    let layer = MultiHeadAttention::new(4, 2, &mut Rng::new(0, "weights")).to_f64();
    let (start, wrong, end) = (random(&[2, 3, 4], 1), random(&[2, 2, 4], 2), random(&[3, 2, 4], 3));
    let mut cache = layer.cache(2, 5);
    layer.infer_cached(start.clone(), &mut cache);
    layer.infer_cached(wrong, &mut cache);
    cache.truncate(3);
    let order = Array::from([1i64, 1, 0]);
    cache.select(&order);
    let after = layer.infer_cached(end.clone(), &mut cache);
    let whole = layer.infer(Array::concat(&[&start.index_select(0, &order), &end], 1), &Mask::CAUSAL);
    assert_near("after", &after, &whole.narrow(1, 3, 2));
}

/// A view of the cache keeps what it saw.
#[test]
fn views_of_a_cache_do_not_change() {
    let mut cache = KvCache::<f64>::new([1, 1, 4, 2]);
    let x = random(&[1, 1, 2, 2], 0);
    cache.extend(&x, &x);
    let before = cache.keys();
    cache.truncate(0);
    cache.extend(&(&x * 2.0), &x);
    assert_near("before", &before, &x);
    assert_near("after", &cache.keys(), &(&x * 2.0));
}

#[test]
#[should_panic(expected = "KvCache::extend: 5 tokens do not fit in a cache of [1, 1, 4, 2]")]
fn a_full_cache_refuses() {
    let x = random(&[1, 1, 5, 2], 0);
    KvCache::new([1, 1, 4, 2]).extend(&x, &x);
}
