//! Packing: copying parts of the operands into the order in which the micro-kernel reads them.

use super::{MicroKernel, View};

/// Packs `cols` columns of `b` for `inner` values of `p` as a panel, whose row `p` holds the columns side by side. Lanes
/// beyond `cols` hold anything: what comes of them is not written.
///
/// # Safety
/// The elements are valid for reading, and `inner` rows of a panel at `to` for writing.
pub(super) unsafe fn pack_panel<K: MicroKernel>(kernel: K, b: View, inner: usize, cols: usize, to: *mut f32) {
    let whole = if b.row == 1 { inner / 4 * 4 } else { 0 };
    if whole > 0 {
        // Columns lie in one piece. The last stands for those that are missing.
        let columns: [*const f32; 32] = std::array::from_fn(|column| b.at(0, column.min(cols - 1)));
        // SAFETY: `whole` elements of each column are valid for reading, as many rows of the panel for writing.
        unsafe { kernel.turn(&columns, whole, to) }
    }
    for p in whole..inner {
        for column in 0..cols {
            // SAFETY: the caller's promise.
            unsafe { to.add(p * K::PANEL + column).write(*b.at(p, column)) }
        }
    }
}

/// How strips of `a` come to the micro-kernel.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Left {
    /// Read where they are.
    InPlace,
    /// Rows are copied, each in one piece.
    Rows,
    /// Columns of a strip are copied, one after the other.
    Columns,
}

/// With fewer panels than this, an element of `a` is not read often enough to be worth a copy.
const PANELS: usize = 8;

/// The step from one copied row of `inner` numbers to the next: an odd number of cache lines, so that the rows of a strip do not fall into
/// the same set of the cache.
pub(super) fn step(inner: usize) -> usize {
    inner.next_multiple_of(16) | 16
}

impl Left {
    /// How to read `a` for so many panels of `b`.
    pub fn new(a: View, panels: usize) -> Self {
        if panels < PANELS {
            Left::InPlace
        } else if a.col == 1 {
            // Rows a large power of two apart push each other out of the cache.
            if a.row.trailing_zeros() >= 9 { Left::Rows } else { Left::InPlace }
        } else {
            Left::Columns
        }
    }

    /// The strip of rows `i..i + height` of a block, as the micro-kernel shall read it; copies it if this is the `first`
    /// time.
    ///
    /// # Safety
    /// The elements of `a`, the strip, are valid for reading, and at `strips` there is room for all rows of the block.
    pub unsafe fn strip<K: MicroKernel>(
        self,
        kernel: K,
        a: View,
        [i, height, inner]: [usize; 3],
        first: bool,
        strips: *mut f32,
    ) -> View {
        match self {
            Left::InPlace => a,
            Left::Rows => {
                let step = step(inner);
                let to = strips.wrapping_add(i * step);
                for r in (0..height).take_while(|_| first) {
                    // SAFETY: the caller's promise; rows lie in one piece.
                    unsafe { to.add(r * step).copy_from_nonoverlapping(a.at(r, 0), inner) }
                }
                View { first: to, row: step as isize, col: 1 }
            }
            Left::Columns => {
                let to = strips.wrapping_add(i * inner);
                if first && a.row == 1 {
                    // SAFETY: the caller's promise; columns of a strip lie in one piece.
                    unsafe { kernel.gather(a.first, a.col, height, inner, to) }
                } else if first {
                    for p in 0..inner {
                        for r in 0..height {
                            // SAFETY: the caller's promise.
                            unsafe { to.add(p * height + r).write(*a.at(r, p)) }
                        }
                    }
                }
                View { first: to, row: 1, col: height as isize }
            }
        }
    }
}
