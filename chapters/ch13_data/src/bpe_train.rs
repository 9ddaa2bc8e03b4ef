//! Learning byte pairs from texts, with counts that are kept up to date.
//!
//! Counting all pairs anew for each merge would read every word thousands of times. But a merge changes only the words
//! that hold the pair. So for each pair its count is kept, and a list of words in which it may occur; a heap knows the
//! most frequent pair. Counts in the heap may be out of date: a pair whose count grew was pushed again, and one whose count
//! shrank is pushed back with its true count when it comes up.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::{merge_pair, pieces};

type Pair = (u32, u32);

/// The different pieces of the texts as symbols (byte `b` is symbol `first + b`), each with how often it occurs, in
/// alphabetical order.
fn words<S: AsRef<str>>(texts: &[S], first: u32) -> Vec<(Vec<u32>, u64)> {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for piece in texts.iter().flat_map(|text| pieces(text.as_ref())) {
        *counts.entry(piece).or_default() += 1;
    }
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_unstable();
    let symbols = |piece: &str| piece.bytes().map(|byte| first + u32::from(byte)).collect();
    counts.into_iter().map(|(piece, count)| (symbols(piece), count)).collect()
}

/// What is known of a pair.
#[derive(Default)]
struct Known {
    count: u64,
    /// Words that hold the pair, or have held it.
    words: Vec<u32>,
}

// ANCHOR: train
/// At most `merges` pairs in the order in which they are merged; the `i`-th becomes symbol `first + 256 + i`. Ends early when
/// no pair occurs twice. Among pairs of equal count the one with the smallest first symbol comes first, and then the
/// smallest second.
pub(crate) fn train<S: AsRef<str>>(texts: &[S], merges: usize, first: u32) -> Vec<Pair> {
    let mut words = words(texts, first);
    let mut pairs: HashMap<Pair, Known> = HashMap::new();
    for (number, (symbols, count)) in words.iter().enumerate() {
        for pair in symbols.windows(2) {
            let known = pairs.entry((pair[0], pair[1])).or_default();
            known.count += count;
            note(&mut known.words, number as u32);
        }
    }
    let mut heap: BinaryHeap<(u64, Reverse<Pair>)> =
        pairs.iter().map(|(&pair, known)| (known.count, Reverse(pair))).collect();
    let mut merged = Vec::with_capacity(merges);
    while merged.len() < merges {
        let Some((count, Reverse(pair))) = heap.pop() else { break };
        let now = pairs.get(&pair).map_or(0, |known| known.count);
        if now != count {
            if now > 0 {
                heap.push((now, Reverse(pair)));
            }
            continue;
        }
        if count < 2 {
            break;
        }
        let new = first + 256 + merged.len() as u32;
        merged.push(pair);
        let holders = pairs.remove(&pair).expect("it was counted just now").words;
        let mut grown = Vec::new();
        for number in holders {
            let (symbols, count) = &mut words[number as usize];
            let before = symbols.clone();
            if !merge_pair(symbols, pair, new) {
                continue;
            }
            for old in before.windows(2) {
                // The merged pair itself is gone already.
                if let Some(known) = pairs.get_mut(&(old[0], old[1])) {
                    known.count -= *count;
                }
            }
            for pair in symbols.windows(2) {
                let known = pairs.entry((pair[0], pair[1])).or_default();
                known.count += *count;
                if pair.contains(&new) {
                    note(&mut known.words, number);
                    grown.push((pair[0], pair[1]));
                }
            }
        }
        grown.sort_unstable();
        grown.dedup();
        heap.extend(grown.into_iter().map(|pair| (pairs[&pair].count, Reverse(pair))));
    }
    merged
}
// ANCHOR_END: train

/// Adds a word to a list, unless it is there already: words come one after the other, so it would be the last.
fn note(words: &mut Vec<u32>, word: u32) {
    if words.last() != Some(&word) {
        words.push(word);
    }
}
