//! Checks exercise e04_merge.

#[allow(unused)]
#[path = "../exercises/e04_merge.rs"]
mod merge;

use std::collections::HashMap;

use ch00_start::check::close;
use merge::{count_pairs, merge_pair, most_frequent};

#[test]
fn pairs_count_as_often_as_their_word() {
    // "hug" ten times, "pug" five times, "mmm" twice.
    let words = [(vec![8, 21, 7], 10), (vec![16, 21, 7], 5), (vec![13, 13, 13], 2)];
    let counts = count_pairs(&words);
    let got: Vec<f64> = [(8, 21), (21, 7), (16, 21), (13, 13), (7, 16)]
        .iter()
        .map(|pair| counts.get(pair).copied().unwrap_or(0) as f64)
        .collect();
    let mistakes: [(&str, &[f64]); 3] = [
        ("a word that occurs ten times counts ten times", &[1.0, 2.0, 1.0, 2.0, 0.0]),
        ("pairs may overlap: three equal symbols are two pairs", &[10.0, 15.0, 5.0, 2.0, 0.0]),
        (
            "the last symbol of a word and the first of the next are no neighbours",
            &[10.0, 15.0, 5.0, 4.0, 5.0],
        ),
    ];
    close("counts of hu, ug, pu, mm, gp", &got, &[10.0, 15.0, 5.0, 4.0, 0.0], 0.0, &mistakes);
}

#[test]
fn the_most_frequent_pair_wins_and_ties_are_settled() {
    let best = |counts: &[((u32, u32), u64)]| {
        let (a, b) = most_frequent(&counts.iter().copied().collect::<HashMap<_, _>>()).unwrap_or((0, 0));
        [f64::from(a), f64::from(b)]
    };
    let least: [(&str, &[f64]); 1] = [("the rarest pair was taken", &[1.0, 2.0])];
    close("most frequent", &best(&[((1, 2), 3), ((5, 6), 9), ((3, 4), 5)]), &[5.0, 6.0], 0.0, &least);
    let mistakes: [(&str, &[f64]); 2] = [
        ("among equals the smallest pair wins, not the largest", &[7.0, 1.0]),
        ("the first symbol decides before the second", &[7.0, 1.0]),
    ];
    // Several times, since the order of a hash map is random.
    for _ in 0..20 {
        let got = best(&[((2, 9), 4), ((7, 1), 4), ((2, 8), 4), ((3, 3), 4), ((1, 1), 3)]);
        close("most frequent among equals", &got, &[2.0, 8.0], 0.0, &mistakes);
    }
    assert!(most_frequent(&HashMap::new()).is_none(), "without pairs there is no most frequent one");
}

#[test]
fn a_pair_becomes_one_symbol() {
    let merged = |symbols: &[u32], pair: (u32, u32)| {
        let mut symbols = symbols.to_vec();
        let found = merge_pair(&mut symbols, pair, 99);
        (symbols.iter().map(|&s| f64::from(s)).collect::<Vec<_>>(), found)
    };
    let first_only: [(&str, &[f64]); 2] = [
        ("only the first occurrence was merged", &[99.0, 3.0, 1.0, 2.0]),
        ("both symbols of the pair are used up: go on behind the second", &[99.0, 2.0, 3.0, 99.0, 2.0]),
    ];
    let (symbols, found) = merged(&[1, 2, 3, 1, 2], (1, 2));
    close("1 2 3 1 2 with (1, 2) merged", &symbols, &[99.0, 3.0, 99.0], 0.0, &first_only);
    assert!(found, "there was such a pair");
    let overlap: [(&str, &[f64]); 1] = [("merging goes from left to right", &[5.0, 99.0])];
    close("5 5 5 with (5, 5) merged", &merged(&[5, 5, 5], (5, 5)).0, &[99.0, 5.0], 0.0, &overlap);
    let swapped: [(&str, &[f64]); 1] = [("(1, 2) is not (2, 1)", &[99.0, 2.0])];
    close("2 1 2 with (1, 2) merged", &merged(&[2, 1, 2], (1, 2)).0, &[2.0, 99.0], 0.0, &swapped);
    let (symbols, found) = merged(&[1, 3, 2], (1, 2));
    close("1 3 2 without the pair", &symbols, &[1.0, 3.0, 2.0], 0.0, &[]);
    assert!(!found, "1 and 2 are no neighbours here");
    assert!(!merged(&[], (1, 2)).1);
}
