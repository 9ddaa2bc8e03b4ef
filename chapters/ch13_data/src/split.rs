//! Splitting examples into those to train on and those to judge by.

use ch01_tensors::{Rng, fail};

#[track_caller]
fn check_share(operation: &str, share: f64) {
    if !(0.0..=1.0).contains(&share) {
        fail(operation, format_args!("{share} is not a share"));
    }
}

// ANCHOR: split_indices
/// The numbers below `n`, split at random into `round(share n)` of them and the rest, each in rising order
/// (`sklearn.model_selection.train_test_split`). The same seed gives the same split.
///
/// # Panics
/// When `share` is not in `0..=1`.
#[track_caller]
pub fn split_indices(n: usize, share: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    check_share("split_indices", share);
    let mut order: Vec<usize> = (0..n).collect();
    Rng::new(seed, "split").shuffle(&mut order);
    let mut rest = order.split_off((share * n as f64).round() as usize);
    order.sort_unstable();
    rest.sort_unstable();
    (order, rest)
}
// ANCHOR_END: split_indices

/// As [`split_indices`], but of each class the same share, rounded: so that a rare class is in both parts.
///
/// # Panics
/// When `share` is not in `0..=1`.
#[track_caller]
pub fn stratified_split(labels: &[i64], share: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    check_share("stratified_split", share);
    let mut order: Vec<usize> = (0..labels.len()).collect();
    Rng::new(seed, "split").shuffle(&mut order);
    // Stable: within its class, each example keeps its random place.
    order.sort_by_key(|&i| labels[i]);
    let (mut chosen, mut rest) = (Vec::new(), Vec::new());
    for class in order.chunk_by(|&i, &j| labels[i] == labels[j]) {
        let (first, second) = class.split_at((share * class.len() as f64).round() as usize);
        chosen.extend_from_slice(first);
        rest.extend_from_slice(second);
    }
    chosen.sort_unstable();
    rest.sort_unstable();
    (chosen, rest)
}
