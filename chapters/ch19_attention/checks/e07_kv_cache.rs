//! Checks exercise e07_kv_cache.

#[allow(unused)]
#[path = "../exercises/e07_kv_cache.rs"]
mod kv_cache;

use ch00_start::check::close;
use ch01_tensors::Array;
use kv_cache::KvCache;

/// Keys of `time` tokens for two sequences and one head of two numbers, counted from `start` on.
fn numbers(time: usize, start: f64) -> Array<f64> {
    Array::from_fn([2, 1, time, 2], |at| start + (100 * at[0] + 10 * at[2] + at[3]) as f64)
}

#[test]
fn tokens_are_added() {
    let (first, second) = (numbers(2, 0.0), numbers(1, 50.0));
    let mut cache = KvCache::new([2, 1, 4, 2]);
    cache.extend(&first, &(&first * 2.0));
    let whole = Array::concat(&[&first, &Array::zeros([2, 1, 2, 2])], 2).to_vec();
    let got = cache.keys().to_vec();
    let behind = "the places behind the last token are not real, and must not be handed out";
    assert!(got.len() != whole.len(), "keys: {behind}");
    let mistakes: [(&str, &[f64]); 1] = [("the number of tokens did not move: `len` is still 0", &[])];
    close("keys after two tokens", &got, &first.to_vec(), 0.0, &mistakes);
    cache.extend(&second, &(&second * 2.0));
    let want = Array::concat(&[&first, &second], 2);
    let overwritten = Array::concat(&[&second, &first.narrow(2, 1, 1), &Array::zeros([2, 1, 1, 2])], 2);
    let mistakes: [(&str, &[f64]); 1] =
        [("new tokens are written over the first ones", &overwritten.to_vec())];
    close("keys after three tokens", &cache.keys().to_vec(), &want.to_vec(), 0.0, &mistakes);
    let mistakes: [(&str, &[f64]); 2] = [
        ("the keys were written among the values", &want.to_vec()),
        ("the values are not written", &[0.0; 12]),
    ];
    close("values", &cache.values().to_vec(), &(&want * 2.0).to_vec(), 0.0, &mistakes);
    assert_eq!(cache.len(), 3);
}
