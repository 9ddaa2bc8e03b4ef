//! Splits: nothing is lost, nothing is in both parts, and classes keep their shares.

use ch13_data::{k_fold, split_indices, stratified_k_fold, stratified_split};
use proptest::prelude::*;

fn whole(parts: &(Vec<usize>, Vec<usize>)) -> Vec<usize> {
    let mut all = [parts.0.as_slice(), &parts.1].concat();
    all.sort_unstable();
    all
}

proptest! {
    #[test]
    fn a_split_is_a_partition(n in 0usize..500, share in 0.0..=1.0f64, seed: u64) {
        let parts = split_indices(n, share, seed);
        prop_assert_eq!(parts.0.len(), (share * n as f64).round() as usize);
        prop_assert_eq!(whole(&parts), (0..n).collect::<Vec<_>>());
        prop_assert_eq!(&parts, &split_indices(n, share, seed));
    }

    #[test]
    fn a_stratified_split_keeps_the_shares(labels in prop::collection::vec(0i64..5, 0..300), share in 0.0..=1.0f64, seed: u64) {
        let parts = stratified_split(&labels, share, seed);
        prop_assert_eq!(whole(&parts), (0..labels.len()).collect::<Vec<_>>());
        for class in 0..5 {
            let count = |part: &[usize]| part.iter().filter(|&&i| labels[i] == class).count();
            let total = labels.iter().filter(|&&label| label == class).count();
            prop_assert_eq!(count(&parts.0), (share * total as f64).round() as usize);
        }
    }

    #[test]
    fn every_example_is_judged_by_in_one_fold(labels in prop::collection::vec(0i64..4, 2..200), k in 2usize..12, seed: u64) {
        let n = labels.len();
        let k = k.min(n);
        for folds in [k_fold(n, k, seed), stratified_k_fold(&labels, k, seed)] {
            prop_assert_eq!(folds.len(), k);
            for parts in &folds {
                prop_assert_eq!(whole(parts), (0..n).collect::<Vec<_>>());
                prop_assert!([n / k, n.div_ceil(k)].contains(&parts.1.len()));
            }
            let mut judged: Vec<usize> = folds.iter().flat_map(|parts| parts.1.clone()).collect();
            judged.sort_unstable();
            prop_assert_eq!(judged, (0..n).collect::<Vec<_>>());
        }
        for class in 0..4 {
            let count = |part: &[usize]| part.iter().filter(|&&i| labels[i] == class).count();
            let total = labels.iter().filter(|&&label| label == class).count();
            for (_, valid) in stratified_k_fold(&labels, k, seed) {
                prop_assert!([total / k, total.div_ceil(k)].contains(&count(&valid)));
            }
        }
    }
}

#[test]
fn another_seed_gives_another_split() {
    assert_ne!(split_indices(100, 0.5, 0), split_indices(100, 0.5, 1));
    let labels = [0, 1].repeat(50);
    assert_ne!(stratified_split(&labels, 0.5, 0), stratified_split(&labels, 0.5, 1));
}

#[test]
#[should_panic(expected = "split_indices: 1.5 is not a share")]
fn more_than_everything_is_refused() {
    split_indices(10, 1.5, 0);
}

#[test]
#[should_panic(expected = "k_fold: 5 parts of 4 examples")]
fn more_parts_than_examples_are_refused() {
    k_fold(4, 5, 0);
}
