//! Block-sparse attention (Zaheer et al. 2020, BigBird; Child et al. 2019): a pattern says which blocks of queries see
//! which blocks of keys, and the others are never computed.
//!
//! With blocks of `B` tokens a pattern for `T` tokens has `(T / B)²` entries. BigBird's holds a window around each
//! block, some *global* blocks that see all and are seen by all, and some random ones: a number of entries for each row
//! that does not grow with `T`, so that work and memory grow as `T`. Any two tokens are at most two steps apart: through
//! a global block.
//!
//! A pattern goes to [`AttentionOptions::blocks`](crate::AttentionOptions::blocks). As a mask it hides what it does not
//! hold; [`flash_attention`](crate::flash_attention) skips it: its tiles are the pattern's blocks, neighbours together.

use std::ops::Range;

use ch01_tensors::{Array, Rng, fail};

/// Which blocks of queries see which blocks of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPattern {
    block: usize,
    /// For each block of queries the runs of keys it sees, in tokens, in order.
    runs: Vec<Vec<Range<usize>>>,
}

/// BigBird's parameters, in blocks.
#[derive(Clone, Copy, Debug)]
pub struct BigBird {
    /// How many blocks to each side are seen besides the block itself (1 in the paper).
    pub window: usize,
    /// How many blocks at the start are global (2 in the paper, at both ends).
    pub global: usize,
    /// How many other blocks are drawn for each row (3 in the paper).
    pub random: usize,
}

// ANCHOR: pattern
impl BlockPattern {
    /// A pattern of `blocks` by `blocks` blocks of `block` tokens: block `i` of the queries sees block `j` of the keys if
    /// `sees(i, j)`.
    ///
    /// # Panics
    /// When a block has no tokens.
    #[track_caller]
    pub fn from_fn(blocks: usize, block: usize, sees: impl Fn(usize, usize) -> bool) -> Self {
        if block == 0 {
            fail("BlockPattern", format_args!("blocks of 0 tokens"));
        }
        let runs = |i: usize| {
            let mut runs: Vec<Range<usize>> = Vec::new();
            for j in (0..blocks).filter(|&j| sees(i, j)) {
                match runs.last_mut() {
                    // A neighbour of the last one.
                    Some(run) if run.end == j * block => run.end += block,
                    _ => runs.push(j * block..(j + 1) * block),
                }
            }
            runs
        };
        BlockPattern { block, runs: (0..blocks).map(runs).collect() }
    }

    /// BigBird's pattern for up to `time` tokens.
    ///
    /// # Panics
    /// When a block has no tokens.
    #[track_caller]
    pub fn big_bird(
        time: usize,
        block: usize,
        BigBird { window, global, random }: BigBird,
        rng: &mut Rng,
    ) -> Self {
        let blocks = time.div_ceil(block.max(1));
        let drawn: Vec<Vec<usize>> =
            (0..blocks).map(|_| (0..random).map(|_| rng.below(blocks)).collect()).collect();
        BlockPattern::from_fn(blocks, block, |i, j| {
            i.abs_diff(j) <= window || i < global || j < global || drawn[i].contains(&j)
        })
    }

    /// Whether query `query` sees key `key`.
    pub fn sees(&self, query: usize, key: usize) -> bool {
        self.runs[query / self.block].iter().any(|run| run.contains(&key))
    }
    // ANCHOR_END: pattern

    /// How many tokens a block has.
    pub fn block(&self) -> usize {
        self.block
    }

    /// The runs of keys, in tokens, that the block of a query sees.
    pub fn runs(&self, query: usize) -> &[Range<usize>] {
        &self.runs[query / self.block]
    }

    /// How many queries it is for.
    pub fn queries(&self) -> usize {
        self.runs.len() * self.block
    }

    /// The share of all blocks that are computed.
    pub fn density(&self) -> f64 {
        let seen: usize = self.runs.iter().flatten().map(ExactSizeIterator::len).sum();
        seen as f64 / self.queries().pow(2) as f64
    }

    /// The pattern as a table, `[time, time]`, for pictures.
    pub fn table(&self, time: usize) -> Array<bool> {
        Array::from_fn([time, time], |at| self.sees(at[0], at[1]))
    }
}
