//! The loops behind reductions: `[outer, length, inner]` becomes `[outer, inner]`.
//!
//! Floats do not add associatively, so the order of a sum is part of its result. Here it depends on the sizes alone: what
//! is combined is cut into fixed blocks, whose results are then combined in order. That makes the result independent of the
//! number of threads, and the rounding error small: about n/B + B additions deep instead of n (Higham 1993).

use rayon::prelude::*;

use crate::fold::fold;
use crate::level::{Body, Level, at_level};
use crate::walk::{CHUNK, PARALLEL_MIN};
use crate::{Array, Num};

/// Elements per block of a long row: 64 lanes, 64 deep.
const BLOCK: usize = 4096;
/// Fewer columns than this are combined sixteen rows at a time: a row alone would leave vectors half empty.
const NARROW: usize = 64;
/// Rows that make one wide row.
const TOGETHER: usize = 16;

/// `out[i, k] = combine over j of x[i, j, k]`, where `j` counts to `length` and `k` to `inner`.
pub(crate) fn reduce_middle<T: Num>(
    x: &[T],
    out: &mut [T],
    length: usize,
    inner: usize,
    start: T,
    combine: impl Fn(T, T) -> T + Sync + Copy,
) {
    let level = Level::detect();
    let plane = length * inner;
    let reduce = |x: &[T], out: &mut [T]| match inner {
        1 => at_level(level, Rows { x, out, length, start, combine }),
        _ => planes(level, x, out, length, inner, start, combine),
    };
    if out.is_empty() {
        // Nothing to do.
    } else if length == 0 {
        out.fill(start);
    } else if x.len() < PARALLEL_MIN {
        reduce(x, out);
    } else if plane < CHUNK {
        let together = CHUNK / plane;
        let parts = out.par_chunks_mut(together * inner).zip(x.par_chunks(together * plane));
        parts.for_each(|(out, x)| reduce(x, out));
    } else {
        // Planes are long: each is cut into blocks of rows, whose results live in a pooled array.
        let block = block_rows(length, inner);
        let blocks = length.div_ceil(block);
        let mut parts = Array::scratch([out.len() * blocks]);
        let tasks = parts.data_mut().par_chunks_mut(inner).enumerate();
        tasks.for_each(|(task, part)| {
            let (i, from) = (task / blocks, task % blocks * block);
            let rows = block.min(length - from);
            reduce_block(level, &x[i * plane + from * inner..][..rows * inner], part, start, combine);
        });
        if blocks == 1 {
            out.copy_from_slice(parts.data());
        } else {
            let parts = parts.data().chunks(blocks * inner).zip(out.chunks_mut(inner));
            parts.for_each(|(parts, out)| reduce_block(level, parts, out, start, combine));
        }
    }
}

/// How many rows are combined on their own, before their results are: about a chunk's worth.
fn block_rows(length: usize, inner: usize) -> usize {
    (CHUNK / inner).max(2 * TOGETHER).min(length)
}

/// Planes one after the other, each in the same blocks as if they were long.
fn planes<T: Num>(
    level: Level,
    x: &[T],
    out: &mut [T],
    length: usize,
    inner: usize,
    start: T,
    combine: impl Fn(T, T) -> T + Copy,
) {
    let block = block_rows(length, inner);
    for (x, out) in x.chunks(length * inner).zip(out.chunks_mut(inner)) {
        if block == length {
            at_level(level, Columns { x, out, start, combine });
            continue;
        }
        let mut parts = Array::scratch([length.div_ceil(block) * inner]);
        let each = parts.data_mut().chunks_mut(inner).zip(x.chunks(block * inner));
        each.for_each(|(out, x)| at_level(level, Columns { x, out, start, combine }));
        at_level(level, Columns { x: parts.data(), out, start, combine });
    }
}

/// One block of rows of `out.len()` elements, or of a single row if that is 1.
fn reduce_block<T: Num>(level: Level, x: &[T], out: &mut [T], start: T, combine: impl Fn(T, T) -> T + Copy) {
    match out.len() {
        1 => at_level(level, Rows { x, out, length: x.len(), start, combine }),
        _ => at_level(level, Columns { x, out, start, combine }),
    }
}

/// Rows of `length` elements, one result each.
struct Rows<'a, T, F> {
    x: &'a [T],
    out: &'a mut [T],
    length: usize,
    start: T,
    combine: F,
}

impl<T: Num, F: Fn(T, T) -> T + Copy> Body for Rows<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        for (out, row) in self.out.iter_mut().zip(self.x.chunks(self.length)) {
            let mut blocks = row.chunks(BLOCK);
            *out = fold(blocks.next().unwrap_or(&[]), self.start, |x| x, self.combine);
            for block in blocks {
                *out = (self.combine)(*out, fold(block, self.start, |x| x, self.combine));
            }
        }
    }
}

/// Rows of `out.len()` elements, combined to one.
struct Columns<'a, T, F> {
    x: &'a [T],
    out: &'a mut [T],
    start: T,
    combine: F,
}

impl<T: Num, F: Fn(T, T) -> T + Copy> Body for Columns<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        let (width, combine) = (self.out.len(), self.combine);
        self.out.fill(self.start);
        let wide = TOGETHER * width;
        if width >= NARROW || self.x.len() < 4 * wide {
            return columns(self.x, self.out, combine);
        }
        let mut lanes = [self.start; TOGETHER * NARROW];
        let lanes = &mut lanes[..wide];
        let (whole, rest) = self.x.split_at(self.x.len() / wide * wide);
        columns(whole, lanes, combine);
        for (lane, &x) in lanes.iter_mut().zip(rest) {
            *lane = combine(*lane, x);
        }
        columns(lanes, self.out, combine);
    }
}

/// Combines rows of `out.len()` elements with `out`, four at a time: `out` is read and written once for them.
#[inline(always)]
fn columns<T: Copy>(x: &[T], out: &mut [T], combine: impl Fn(T, T) -> T + Copy) {
    let width = out.len();
    let mut fours = x.chunks_exact(4 * width);
    for four in &mut fours {
        let ((a, b), (c, d)) = (four[..2 * width].split_at(width), four[2 * width..].split_at(width));
        for (out, (((&a, &b), &c), &d)) in out.iter_mut().zip(a.iter().zip(b).zip(c).zip(d)) {
            *out = combine(*out, combine(combine(a, b), combine(c, d)));
        }
    }
    for row in fours.remainder().chunks(width) {
        for (out, &x) in out.iter_mut().zip(row) {
            *out = combine(*out, x);
        }
    }
}
