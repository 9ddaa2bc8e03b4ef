//! Checks exercise e10_span_corruption.

#[allow(unused)]
#[path = "../exercises/e10_span_corruption.rs"]
mod span_corruption;

use std::collections::BTreeMap;

use ch01_tensors::Rng;
use span_corruption::{Corruption, random_lengths};

#[test]
fn lengths() {
    let mut counts: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    let mut rng = Rng::new(0, "check");
    for _ in 0..2000 {
        let lengths = random_lengths(5, 3, &mut rng);
        assert_eq!(lengths.len(), 3, "{lengths:?}: 3 parts were asked for");
        assert_eq!(lengths.iter().sum::<usize>(), 5, "{lengths:?}: the parts do not sum to 5");
        assert!(!lengths.contains(&0), "{lengths:?}: a part is empty");
        *counts.entry(lengths).or_default() += 1;
    }
    assert!(
        counts.keys().any(|lengths| lengths.contains(&3)),
        "all parts are about equally long: {counts:?}"
    );
    // Six ways to cut 5 into 3, 333 each with a deviation of 17.
    assert_eq!(counts.len(), 6, "{counts:?}: not every way to cut came up");
    assert!(counts.values().all(|&count| (250..420).contains(&count)), "{counts:?}: not all equally likely");
    assert_eq!(random_lengths(4, 1, &mut rng), [4]);
    assert_eq!(random_lengths(3, 3, &mut rng), [1, 1, 1]);
}

#[test]
fn input_and_target() {
    let corruption = Corruption { rate: 0.5, mean_span: 2.0, sentinel: 100, sentinels: 10 };
    let text = [1, 2, 3, 4, 5, 6, 7, 8];
    let (input, target) = corruption.corrupt(&text, &[(1, 2), (2, 1), (2, 0)]);
    assert_ne!(input, [1, 100, 4, 5, 100, 7, 8], "all holes have the same sentinel");
    assert_ne!(
        input,
        [1, 100, 101, 4, 5, 102, 7, 8],
        "one sentinel for each token that was cut: a hole has one"
    );
    assert_eq!(input, [1, 100, 4, 5, 101, 7, 8], "the input");
    assert_ne!(target, [100, 2, 3, 101, 6], "the target does not end in one sentinel more");
    assert_eq!(target, [100, 2, 3, 101, 6, 102], "the target");
    assert_eq!(corruption.restore(&input, &target), text, "input and target together are the text");
    assert_eq!(corruption.corrupt(&[], &[(0, 0)]), (vec![], vec![100]));
}

#[test]
fn shares() {
    let corruption = Corruption { rate: 0.15, mean_span: 3.0, sentinel: 1000, sentinels: 100 };
    let text: Vec<u32> = (0..200).collect();
    let mut rng = Rng::new(1, "check");
    for _ in 0..50 {
        let parts = corruption.draw(text.len(), &mut rng);
        let (input, target) = corruption.corrupt(&text, &parts);
        // 30 tokens in 10 holes.
        assert_eq!((input.len(), target.len()), (200 - 30 + 10, 30 + 11));
        assert_eq!(corruption.restore(&input, &target), text);
    }
}
