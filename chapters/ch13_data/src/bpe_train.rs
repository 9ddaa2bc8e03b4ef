//! Learning byte pairs from texts, with counts that are kept up to date.
//!
//! Counting all pairs anew for each merge would read every word thousands of times. But a merge changes only the words
//! that hold the pair. So for each pair its count is kept, and a list of words in which it may occur; a heap knows the
//! most frequent pair. Counts in the heap may be out of date: a pair whose count grew was pushed again, and one whose count
//! shrank is pushed back with its true count when it comes up.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use rayon::prelude::*;

use crate::bytes::BYTES;
use crate::hash::FastMap;
use crate::{byte_rank, merge_pair, pieces};

type Pair = (u32, u32);

/// The different pieces of the texts as symbols, each with how often it occurs, in alphabetical order. Counted on all
/// threads; sums of whole numbers do not depend on the order.
fn words<S: AsRef<str> + Sync>(texts: &[S], first: u32) -> Vec<(Vec<u32>, u64)> {
    let count = |texts: &[S]| {
        let mut counts: FastMap<Box<str>, u64> = FastMap::default();
        for piece in texts.iter().flat_map(|text| pieces(text.as_ref())) {
            if let Some(count) = counts.get_mut(piece) {
                *count += 1;
            } else {
                counts.insert(piece.into(), 1);
            }
        }
        counts
    };
    let add = |mut a: FastMap<Box<str>, u64>, b: FastMap<Box<str>, u64>| {
        b.into_iter().for_each(|(piece, count)| *a.entry(piece).or_default() += count);
        a
    };
    let share = texts.len().div_ceil(2 * rayon::current_num_threads()).max(1);
    let counts = texts.par_chunks(share).map(count).reduce(FastMap::default, add);
    let mut counts: Vec<(Box<str>, u64)> = counts.into_iter().collect();
    counts.sort_unstable();
    let symbols = |piece: &str| piece.bytes().map(|byte| first + byte_rank(byte)).collect();
    counts.into_iter().map(|(piece, count)| (symbols(&piece), count)).collect()
}

/// What is known of a pair.
#[derive(Default)]
struct Known {
    count: u64,
    /// Words that hold the pair, or have held it.
    words: Vec<u32>,
}

// ANCHOR: train
/// The pairs in the order in which they are merged, until there are `size` symbols or no pair occurs twice. Among pairs of
/// equal count the one with the smallest first symbol comes first, and then the smallest second. A merge makes a new
/// symbol, unless one before it made the same bytes.
pub(crate) fn train<S: AsRef<str> + Sync>(texts: &[S], size: usize, first: u32) -> Vec<Pair> {
    let mut words = words(texts, first);
    let mut bytes: Vec<Box<[u8]>> = BYTES.iter().map(|&byte| [byte].into()).collect();
    let mut symbols: FastMap<Box<[u8]>, u32> = (first..).zip(&bytes).map(|(i, b)| (b.clone(), i)).collect();
    let mut pairs: FastMap<Pair, Known> = FastMap::default();
    for (number, (symbols, count)) in words.iter().enumerate() {
        for pair in symbols.windows(2) {
            let known = pairs.entry((pair[0], pair[1])).or_default();
            known.count += count;
            note(&mut known.words, number as u32);
        }
    }
    let mut heap: BinaryHeap<(u64, Reverse<Pair>)> =
        pairs.iter().map(|(&pair, known)| (known.count, Reverse(pair))).collect();
    let (mut merged, mut learned) = (Vec::new(), HashSet::new());
    while first as usize + bytes.len() < size {
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
        let part = |symbol: u32| &bytes[(symbol - first) as usize][..];
        let joined: Box<[u8]> = [part(pair.0), part(pair.1)].concat().into();
        let new = *symbols.entry(joined.clone()).or_insert(first + bytes.len() as u32);
        if (new - first) as usize == bytes.len() {
            bytes.push(joined);
        }
        // A pair comes back if a later merge makes one of its symbols once more: then it is merged, but not learned again.
        if learned.insert(pair) {
            merged.push(pair);
        }
        let holders = pairs.remove(&pair).expect("it was counted just now").words;
        let mut grown = Vec::new();
        for number in holders {
            let (symbols, count) = &mut words[number as usize];
            let before = symbols.clone();
            if !merge_pair(symbols, pair, new) {
                continue;
            }
            for old in before.windows(2) {
                // Nothing is known of the merged pair any more.
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
