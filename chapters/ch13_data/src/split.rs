//! Splitting examples into those to train on and those to judge by: once, or in k ways (cross-validation).

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

// ANCHOR: k_fold
/// `k` ways to split the numbers below `n`, each as those to train on and those to judge by, in rising order: every number is
/// judged by exactly once (`sklearn.model_selection.KFold(shuffle=True)`). Parts differ by at most one.
///
/// # Panics
/// When `k` is below 2 or above `n`.
#[track_caller]
pub fn k_fold(n: usize, k: usize, seed: u64) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut order: Vec<usize> = (0..n).collect();
    Rng::new(seed, "split").shuffle(&mut order);
    deal("k_fold", &order, k)
}

/// As [`k_fold`], with of each class the same share in every part, to within one example (`StratifiedKFold`).
///
/// # Panics
/// When `k` is below 2 or above the number of labels.
#[track_caller]
pub fn stratified_k_fold(labels: &[i64], k: usize, seed: u64) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    Rng::new(seed, "split").shuffle(&mut order);
    order.sort_by_key(|&i| labels[i]);
    deal("stratified_k_fold", &order, k)
}

/// Deals the examples like cards to `k` parts: any run of them, and so every class, goes to all parts alike.
#[track_caller]
fn deal(operation: &str, order: &[usize], k: usize) -> Vec<(Vec<usize>, Vec<usize>)> {
    let n = order.len();
    if k < 2 || k > n {
        fail(operation, format_args!("{k} parts of {n} examples"));
    }
    let part = |fold: usize| {
        let (mut train, mut valid) = (Vec::new(), Vec::new());
        for (place, &i) in order.iter().enumerate() {
            if place % k == fold { valid.push(i) } else { train.push(i) }
        }
        train.sort_unstable();
        valid.sort_unstable();
        (train, valid)
    };
    (0..k).map(part).collect()
}
// ANCHOR_END: k_fold
