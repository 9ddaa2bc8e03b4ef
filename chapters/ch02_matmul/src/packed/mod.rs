//! The fourth and fifth rung: packed panels and a micro-kernel (Goto and van de Geijn 2008; Van Zee and van de Geijn 2015).
//!
//! The result is cut into tiles that fit the registers, `ROWS` rows and two vectors of columns. A micro-kernel computes
//! one tile, for a range of `p`. Around it are five loops, each of which keeps something in a cache:
//!
//! ```text
//! for columns, WIDE at a time             a block of b: [INNER, WIDE] in the second or third level
//!   for p, INNER at a time
//!     for rows, TALL at a time            a block of a: [TALL, INNER] in the second level
//!       for panels of two vectors         a panel of b: [INNER, 2 vectors] in the first level
//!         for strips of ROWS rows         the tile of c in registers, a strip of a passing by
//!           micro-kernel
//! ```
//!
//! A panel is packed: its rows lie one after the other in a buffer, in the order in which the micro-kernel reads them.
//! Where rows of `b` are in one piece, the micro-kernel of the first strip packs them in passing; where its columns are,
//! small squares of it are turned first. `a` is read where it lies, with any strides, unless it is read often and its
//! strides are bad for the caches.

mod buffer;
mod pack;
mod scalar;
mod tile;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::Avx512;
pub(crate) use scalar::Scalar;

use buffer::Buffer;
use pack::{Left, pack_panel};
use tile::{CHUNK, Next, Tile, variant};

/// A matrix in memory: where its first element lies, and its strides.
#[derive(Clone, Copy)]
pub(crate) struct View {
    pub first: *const f32,
    pub row: isize,
    pub col: isize,
}

impl View {
    /// The address of an element, which may lie outside.
    fn at(self, row: usize, col: usize) -> *const f32 {
        self.first.wrapping_offset(row as isize * self.row + col as isize * self.col)
    }

    /// The matrix without its first `row` rows and `col` columns.
    fn from(self, row: usize, col: usize) -> Self {
        View { first: self.at(row, col), ..self }
    }
}

/// The instructions of a processor, and the sizes that suit them. A value is the proof that the processor has them.
pub(crate) trait MicroKernel: Copy {
    /// The most rows of a tile.
    const ROWS: usize;
    /// Floats of a vector.
    const LANES: usize;
    /// Columns of a panel.
    const PANEL: usize = 2 * Self::LANES;
    /// The sizes of blocks: see the file's head.
    const INNER: usize;
    const TALL: usize;
    const WIDE: usize;

    /// Runs a variant of the micro-kernel.
    ///
    /// # Safety
    /// As [`tile::tile`].
    unsafe fn tile(self, rows: usize, variant: usize, t: &Tile);

    /// `k` numbers, a multiple of 4, from each of the first `PANEL` pointers on, become columns of a panel.
    ///
    /// # Safety
    /// They are valid for reading, and `k` rows of a panel for writing.
    unsafe fn turn(self, from: &[*const f32; 32], k: usize, to: *mut f32);

    /// `k` times `rows` numbers, at most `LANES`, that lie `step` apart, go to `to` one after the other.
    ///
    /// # Safety
    /// They are valid for reading, and `k * rows` numbers for writing.
    unsafe fn gather(self, from: *const f32, step: isize, rows: usize, k: usize, to: *mut f32);
}

/// Bytes of `b` that need no packing: they stay in the first-level cache as they lie.
const SMALL: usize = 32 << 10;

/// Pieces of nearly one length, at most `most` and a quarter, that together make `length`: where each begins, and how
/// long it is. All but the last are multiples of `unit`.
fn pieces(length: usize, most: usize, unit: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = length.div_ceil(most + most / 4);
    let size = length.div_ceil(count).next_multiple_of(unit);
    (0..length).step_by(size).map(move |from| (from, size.min(length - from)))
}

/// The longest piece that there can be.
const fn longest(most: usize, unit: usize) -> usize {
    (most + most / 4).next_multiple_of(unit)
}

/// Numbers in the buffer for packed blocks.
fn room<K: MicroKernel>() -> usize {
    let inner = longest(K::INNER, 1);
    longest(K::WIDE, K::PANEL) * inner + longest(K::TALL, 1) * pack::step(inner)
}

/// `c = a b`, or `c += a b` if `add`, for `[m, k]` and `[k, n]`; rows of `c` lie `c_row` apart. No size is 0.
///
/// # Safety
/// The elements of `a` and `b` are valid for reading, those of `c` for reading and writing.
pub(crate) unsafe fn gemm<K: MicroKernel>(
    kernel: K,
    a: View,
    b: View,
    [m, k, n]: [usize; 3],
    add: bool,
    c: *mut f32,
    c_row: usize,
) {
    let left = Left::new(a, n.div_ceil(K::PANEL));
    let in_place = b.col == 1 && k * b.row.unsigned_abs() * size_of::<f32>() <= SMALL && n % K::LANES == 0;
    let mut buffer = (!in_place || left != Left::InPlace).then(|| Buffer::of_this_thread(room::<K>()));
    let panels = buffer.as_mut().map_or(std::ptr::null_mut(), Buffer::start);
    let strips = panels.wrapping_add(longest(K::WIDE, K::PANEL) * longest(K::INNER, 1));
    for (j, cols) in pieces(n, K::WIDE, K::PANEL) {
        for (p, inner) in pieces(k, K::INNER, 1) {
            for (i, rows) in pieces(m, K::TALL, 1) {
                let block = Block {
                    kernel,
                    left,
                    a: a.from(i, p),
                    b: b.from(p, j),
                    c: c.wrapping_add(i * c_row + j),
                    c_row,
                    sizes: [rows, inner, cols],
                    add: add || p > 0,
                    in_place,
                    packed: i > 0,
                    once: rows == m,
                    panels,
                    strips,
                };
                // SAFETY: the block is part of the product, and the buffer has room for its panels and strips.
                unsafe { block.multiply() }
            }
        }
    }
}

/// A part of the product that the two inner loops do.
struct Block<K> {
    kernel: K,
    left: Left,
    a: View,
    b: View,
    c: *mut f32,
    c_row: usize,
    sizes: [usize; 3],
    add: bool,
    /// Whether `b` is read where it lies.
    in_place: bool,
    /// Whether the panels were packed by a block before this one.
    packed: bool,
    /// Whether no block comes after that reads the panels again: then all take turns in the room of one, which stays in
    /// the first-level cache.
    once: bool,
    panels: *mut f32,
    strips: *mut f32,
}

impl<K: MicroKernel> Block<K> {
    // ANCHOR: block
    /// # Safety
    /// As [`gemm`]; there is room at `panels` and `strips`.
    unsafe fn multiply(&self) {
        let [rows, inner, cols] = self.sizes;
        let count = rows.div_ceil(K::ROWS);
        let mut ready = false;
        for j in (0..cols).step_by(K::PANEL) {
            let cols = K::PANEL.min(cols - j);
            let panel = self.panels.wrapping_add(if self.once { 0 } else { j * inner });
            let fresh = !self.in_place && !self.packed && self.b.col == 1;
            if !self.in_place && !self.packed && self.b.col != 1 {
                // SAFETY: the panel's elements are part of `b`, and the buffer has room for all panels of the block.
                unsafe { pack_panel(self.kernel, self.b.from(0, j), inner, cols, panel) }
            }
            for strip in 0..count {
                // Strips of nearly one height: a low one would leave registers, and so time, unused.
                let (i, end) = (strip * rows / count, (strip + 1) * rows / count);
                let height = end - i;
                let a = self.a.from(i, 0);
                // SAFETY: the strip's elements are part of `a`, and the buffer has room for all strips of the block.
                let a = unsafe { self.left.strip(self.kernel, a, [i, height, inner], j == 0, self.strips) };
                let fresh = fresh && strip == 0;
                let (b, b_row) = if fresh || self.in_place {
                    (self.b.at(0, j), self.b.row)
                } else {
                    (panel.cast_const(), K::PANEL as isize)
                };
                let (next, asks_for_tile) = self.next(j, strip, end);
                let tile = Tile {
                    a: a.first,
                    a_row: a.row,
                    a_col: a.col,
                    b,
                    b_row,
                    packed: panel,
                    c: self.c.wrapping_add(i * self.c_row + j),
                    c_row: self.c_row,
                    k: inner,
                    cols,
                    add: self.add,
                    ready,
                    next,
                };
                ready = asks_for_tile;
                let variant = variant(cols.div_ceil(K::LANES), a.row == 1, fresh);
                // SAFETY: the tile is part of the block; if `b` is read in place, its columns are whole vectors.
                unsafe { self.kernel.tile(height, variant, &tile) }
            }
        }
    }
    // ANCHOR_END: block

    /// What a strip of the panel at column `j` asks for ahead of time, and whether that is the next tile of `c`: in the
    /// first panel the strip of `a` that begins at row `end`; later the panel of `b` that comes next, half of it in the
    /// first strip and half in the second; and then the tile.
    fn next(&self, j: usize, strip: usize, end: usize) -> (Next, bool) {
        let [rows, inner, cols] = self.sizes;
        let after = j + K::PANEL;
        let chunk = CHUNK as isize;
        if j == 0 && end < rows {
            let next = if self.a.row == 1 {
                // The line of its last row: that of its first has come with the strip before.
                let last = (end + K::ROWS).min(rows) - 1;
                Next::lines(self.a.at(last, 0), self.a.col, chunk * self.a.col)
            } else {
                Next::lines(self.a.at(end, 0), self.a.row, chunk * self.a.col)
            };
            return (next, false);
        }
        if after < cols && strip < 2 && !(self.in_place && self.packed) {
            let half = strip * K::LANES;
            let next = if self.packed {
                let first = self.panels.wrapping_add(after * inner + half * inner).cast_const();
                Next::lines(first, chunk, chunk * chunk)
            } else {
                let step = if self.b.col == 1 { self.b.row } else { self.b.col };
                Next::lines(self.b.at(0, after + half), step, chunk * self.b.row)
            };
            return (next, false);
        }
        let (i, j) = if end < rows { (end, j) } else { (0, after) };
        let c = self.c.wrapping_add(i * self.c_row + j).cast_const();
        match Next::tile::<K>(c, self.c_row, inner) {
            Some(next) if j < cols => (next, true),
            _ => (Next::lines(self.a.first, 0, 0), false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive;

    /// Copies of a row-major matrix with other strides, and a view of each.
    fn layouts(matrix: &[f32], [rows, cols]: [usize; 2], check: impl Fn(View)) {
        let row_major = View { first: matrix.as_ptr(), row: cols as isize, col: 1 };
        check(row_major);
        let copied = |order: &dyn Fn(usize, usize) -> usize, size: usize| {
            let mut copy = vec![f32::NAN; size];
            (0..rows * cols).for_each(|i| copy[order(i / cols, i % cols)] = matrix[i]);
            copy
        };
        let columns = copied(&|i, j| j * rows + i, rows * cols);
        check(View { first: columns.as_ptr(), row: 1, col: rows as isize });
        let backwards = copied(&|i, j| rows * cols - 1 - (i * cols + j), rows * cols);
        let last = backwards.as_ptr().wrapping_add(rows * cols - 1);
        check(View { first: last, row: -(cols as isize), col: -1 });
        let spread = copied(&|i, j| i * 512 + 3 * j, (rows - 1) * 512 + 3 * cols);
        check(View { first: spread.as_ptr(), row: 512, col: 3 });
        let apart = copied(&|i, j| i * 512 + j, (rows - 1) * 512 + cols);
        check(View { first: apart.as_ptr(), row: 512, col: 1 });
    }

    #[test]
    fn the_loops_and_the_packing_without_vector_instructions() {
        // Beyond a block in every axis, with tails; and less than a vector. Whole numbers: all sums are exact. The copies
        // are as long as their elements need, so that a checker of memory sees any step beyond.
        for [m, k, n] in [[17, 21, 67], [5, 9, 30], [3, 2, 1], [4, 12, 8]] {
            let a: Vec<f32> = (0..m * k).map(|i| (i * 7 % 11) as f32 - 5.0).collect();
            let b: Vec<f32> = (0..k * n).map(|i| (i * 5 % 13) as f32 - 6.0).collect();
            let mut want = vec![1.0; m * n];
            naive(&a, &b, &mut want, [m, k, n]);
            layouts(&a, [m, k], |a| {
                layouts(&b, [k, n], |b| {
                    let mut c = vec![1.0; m * n];
                    // SAFETY: the views lie inside their vectors, the result is `c`.
                    unsafe { gemm(Scalar, a, b, [m, k, n], true, c.as_mut_ptr(), n) }
                    assert_eq!(
                        c,
                        want,
                        "[{m}, {k}, {n}], strides {:?} and {:?}",
                        [a.row, a.col],
                        [b.row, b.col]
                    );
                });
            });
        }
    }

    #[test]
    fn pieces_cover_the_axis_and_are_not_too_long() {
        for (most, unit) in [(8, 1), (24, 8), (256, 1), (1024, 32), (560, 1)] {
            for length in (1..200).chain([1000, 1279, 1281, 4096]) {
                let mut end = 0;
                for (from, piece) in pieces(length, most, unit) {
                    assert_eq!(from, end);
                    assert!(piece > 0 && piece <= longest(most, unit), "{length} by {most}: {piece}");
                    end += piece;
                }
                assert_eq!(end, length);
            }
        }
    }
}
