//! How often words stand near each other: the counts that GloVe is fitted to.
//!
//! A pair of words at distance `d`, up to the window's width, counts `1 / d`, in both directions: the matrix is symmetric. It
//! is stored by rows, columns ascending, without its zeros, which are most of it.
//!
//! Each row is counted by itself: all places of its word are visited, and what stands around them is added up in one row of
//! plain numbers. Rows run in parallel and every sum has a fixed order, so the counts do not depend on the number of threads.

use rayon::prelude::*;

use crate::Corpus;

/// The counts of pairs of words, a sparse symmetric matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Cooccurrence {
    /// How many words the vocabulary has.
    pub count: usize,
    /// The pairs that occur: row, column, count; rows ascending, and columns in a row.
    pub pairs: Vec<(u32, u32, f32)>,
}

impl Cooccurrence {
    // ANCHOR: count
    /// Counts the pairs of all texts, up to a distance of `window`.
    pub fn count(corpus: &Corpus, window: usize) -> Self {
        let count = corpus.counts().len();
        // The places of each word: text and position.
        let mut places: Vec<Vec<(u32, u32)>> =
            corpus.counts().iter().map(|&n| Vec::with_capacity(n as usize)).collect();
        for number in 0..corpus.texts() {
            for (at, &word) in corpus.text(number).iter().enumerate() {
                places[word as usize].push((number as u32, at as u32));
            }
        }
        let scratch = || (vec![0.0f64; count], Vec::<u32>::new());
        let row = |(sums, found): &mut (Vec<f64>, Vec<u32>), (word, places): (usize, &Vec<(u32, u32)>)| {
            for &(number, at) in places {
                let (text, at) = (corpus.text(number as usize), at as usize);
                for near in at.saturating_sub(window)..(at + window + 1).min(text.len()) {
                    if near != at {
                        let other = text[near] as usize;
                        if sums[other] == 0.0 {
                            found.push(other as u32);
                        }
                        sums[other] += 1.0 / near.abs_diff(at) as f64;
                    }
                }
            }
            found.sort_unstable();
            let pair = |other: u32| (word as u32, other, std::mem::take(&mut sums[other as usize]) as f32);
            found.drain(..).map(pair).collect::<Vec<_>>()
        };
        let rows: Vec<Vec<(u32, u32, f32)>> = places.par_iter().enumerate().map_init(scratch, row).collect();
        Cooccurrence { count, pairs: rows.concat() }
    }
    // ANCHOR_END: count
}
