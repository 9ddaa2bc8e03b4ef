//! The micro-kernel: a few rows and two vectors of columns of the result, kept in registers while `p` goes by.
//!
//! For each `p` it loads two vectors of row `p` of `b`, and for each row one number of `a`, copied into all lanes, and
//! multiplies and adds. With R rows that is 2 R instructions of arithmetic for R + 2 loads. The sums take 2 R registers,
//! the row of `b` two, the number of `a` one: 14 rows fit 32 registers, 6 fit 16.
//!
//! It is written once, for any type that is a [`Vector`]. What takes a vector by value is inlined always: only so does
//! it stay in a register.

use super::MicroKernel;

/// `LANES` floats that are multiplied and added at once.
pub(crate) trait Vector: Copy {
    const LANES: usize;
    /// Names the first lanes of a vector.
    type Mask: Copy;

    /// # Safety
    /// The processor has the instructions; so for all that follows.
    unsafe fn zero() -> Self;

    /// The mask of the first `count` lanes.
    ///
    /// # Safety
    /// As [`zero`](Vector::zero).
    unsafe fn mask(count: usize) -> Self::Mask;

    /// The number at `from` in all lanes.
    ///
    /// # Safety
    /// `from` is valid for reading.
    unsafe fn splat(from: *const f32) -> Self;

    /// # Safety
    /// `LANES` numbers from `from` on are valid for reading.
    unsafe fn load(from: *const f32) -> Self;

    /// The lanes of the mask; 0 in the others, whose memory is not touched.
    ///
    /// # Safety
    /// The numbers from `from` on that the mask names are valid for reading.
    unsafe fn load_part(from: *const f32, mask: Self::Mask) -> Self;

    /// # Safety
    /// `LANES` numbers from `to` on are valid for writing.
    unsafe fn store(self, to: *mut f32);

    /// # Safety
    /// The numbers from `to` on that the mask names are valid for writing.
    unsafe fn store_part(self, to: *mut f32, mask: Self::Mask);

    /// `self * factor + sum`.
    ///
    /// # Safety
    /// As [`zero`](Vector::zero).
    unsafe fn multiply_add(self, factor: Self, sum: Self) -> Self;

    /// Asks for the line of `at` to come to the first-level cache. Any address will do.
    fn prefetch(at: *const f32);

    /// The same for the second-level cache.
    fn prefetch_far(at: *const f32);

    /// The pointer, without what the compiler knows of it: it would make 14 pointers of 5, and has no registers for them.
    #[inline(always)]
    fn opaque(pointer: *const f32) -> *const f32 {
        pointer
    }
}

/// What a micro-kernel is told. `a` is `[rows, k]` with any strides, `b` is `[k, cols]` with columns side by side.
pub(crate) struct Tile {
    pub a: *const f32,
    pub a_row: isize,
    pub a_col: isize,
    pub b: *const f32,
    pub b_row: isize,
    /// Where the rows of `b` go, one panel's width apart, for those that come after.
    pub packed: *mut f32,
    pub c: *mut f32,
    pub c_row: usize,
    pub k: usize,
    pub cols: usize,
    /// Whether the sums are added to what is in `c`.
    pub add: bool,
    /// Whether the tile before has asked for the lines of `c`.
    pub ready: bool,
    /// What the tiles after this one will read.
    pub next: Next,
}

/// Lines to bring to the second-level cache, one for each `p`; after that of `p` comes the one `steps[p % CHUNK]` floats
/// on.
#[derive(Clone, Copy)]
pub(crate) struct Next {
    pub first: *const f32,
    pub steps: [isize; CHUNK],
}

impl Next {
    /// `CHUNK` lines `step` apart, then as many a line's floats, `chunk`, further.
    pub fn lines(first: *const f32, step: isize, chunk: isize) -> Self {
        let mut steps = [step; CHUNK];
        steps[CHUNK - 1] = chunk - (CHUNK as isize - 1) * step;
        Next { first, steps }
    }

    /// The two vectors of each row of a tile of `c`, spread over the `k` values of `p`: all at once, they would
    /// keep what the tile in work waits for from coming. None if there are too few values.
    pub fn tile<K: MicroKernel>(c: *const f32, c_row: usize, k: usize) -> Option<Self> {
        let rows = [1, 2, 4, 8].into_iter().find(|rows| k / CHUNK * rows >= K::ROWS)?;
        let mut steps = [0; CHUNK];
        for (line, step) in steps.iter_mut().skip(8 / rows - 1).step_by(8 / rows).enumerate() {
            *step = if line % 2 == 0 { K::LANES as isize } else { c_row as isize - K::LANES as isize };
        }
        Some(Next { first: c, steps })
    }
}

/// The floats of a cache line, and so the values of `p` after which rows of `a` need another line.
pub(super) const CHUNK: usize = 16;

/// How many rows ahead of the one in use a fresh row of `b` is asked for from the second level. Rows a power of two apart
/// share a place in the first level, which holds 12 of them: more would push each other out.
const AHEAD: isize = 8;

// ANCHOR: tile
/// Computes a tile of `R` rows and up to `N` vectors of columns.
///
/// `UNIT`: the rows of `a` are neighbours in memory (`a_row` is 1), and one pointer reaches them all. `FRESH`: `b` is
/// where the caller had it; its rows are written to `packed` in passing, with zeros in lanes beyond `cols`. Otherwise
/// `b` has whole vectors.
///
/// # Safety
/// The processor has the instructions of `V`; the elements that `t` names are valid for reading or writing; if `FRESH`,
/// `k` rows of two vectors are valid for writing at `packed`. `cols` is more than `N - 1` vectors and at most `N`.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector, const R: usize, const N: usize, const UNIT: bool, const FRESH: bool>(
    t: &Tile,
) {
    // SAFETY: the caller's promise. Pointers move by wrapping offsets, as the last step leaves the matrix.
    unsafe {
        let mask = V::mask(t.cols - (N - 1) * V::LANES);
        let mut sums = [[V::zero(); N]; R];
        // Every third row of `a` has a pointer: an address can be a pointer plus 0, 1 or 2 times a stride.
        let mut thirds = [t.a; 5];
        for group in 1..5 {
            thirds[group] = thirds[group - 1].wrapping_offset(3 * t.a_row);
        }
        let (mut a, mut b, mut packed) = (t.a, t.b, t.packed);
        if !t.ready {
            for r in 0..R {
                for v in 0..N {
                    V::prefetch_far(t.c.wrapping_add(r * t.c_row + v * V::LANES));
                }
            }
        }
        let mut next = t.next.first;
        for p in 0..t.k {
            V::prefetch_far(next);
            next = next.wrapping_offset(t.next.steps[p % CHUNK]);
            let mut row = [V::zero(); N];
            for v in 0..N {
                let from = b.wrapping_add(v * V::LANES);
                if FRESH {
                    row[v] = if v == N - 1 { V::load_part(from, mask) } else { V::load(from) };
                    row[v].store(packed.add(v * V::LANES));
                    V::prefetch(from.wrapping_offset(AHEAD * t.b_row));
                } else {
                    row[v] = V::load(from);
                }
            }
            for group in 0..5 {
                for third in 0..3 {
                    let r = 3 * group + third;
                    if r < R {
                        let at = if UNIT {
                            a.wrapping_add(r)
                        } else {
                            thirds[group].wrapping_offset(third as isize * t.a_row)
                        };
                        let factor = V::splat(at);
                        for v in 0..N {
                            sums[r][v] = row[v].multiply_add(factor, sums[r][v]);
                        }
                    }
                }
                thirds[group] = V::opaque(thirds[group].wrapping_offset(t.a_col));
            }
            a = a.wrapping_offset(t.a_col);
            b = b.wrapping_offset(t.b_row);
            if FRESH {
                packed = packed.wrapping_add(2 * V::LANES);
            }
        }
        write(&sums, mask, t);
    }
}
// ANCHOR_END: tile

/// Writes the sums to `c`, or adds them to it.
///
/// # Safety
/// As [`tile`].
#[inline(always)]
unsafe fn write<V: Vector, const R: usize, const N: usize>(sums: &[[V; N]; R], mask: V::Mask, t: &Tile) {
    // SAFETY: the caller's promise; the mask leaves out what lies beyond `cols`.
    unsafe {
        let one = V::splat(&1.0);
        for r in 0..R {
            for v in 0..N {
                let to = t.c.add(r * t.c_row + v * V::LANES);
                let mut sum = sums[r][v];
                if v == N - 1 {
                    if t.add {
                        sum = V::load_part(to, mask).multiply_add(one, sum);
                    }
                    sum.store_part(to, mask);
                } else {
                    if t.add {
                        sum = V::load(to).multiply_add(one, sum);
                    }
                    sum.store(to);
                }
            }
        }
    }
}

/// Copies `k` times `rows` numbers that lie `step` apart to `to`, one after the other.
///
/// # Safety
/// The processor has the instructions of `V`, which has that many lanes; the numbers are valid for reading, and `k * rows`
/// numbers at `to` for writing.
#[inline(always)]
pub(super) unsafe fn gather<V: Vector>(from: *const f32, step: isize, rows: usize, k: usize, to: *mut f32) {
    // SAFETY: the caller's promise.
    unsafe {
        let mask = V::mask(rows);
        for p in 0..k {
            V::load_part(from.wrapping_offset(p as isize * step), mask).store_part(to.add(p * rows), mask);
        }
    }
}

/// All variants of a micro-kernel `$tile::<R, N, UNIT, FRESH>`, by rows and then by [`variant`].
macro_rules! variants {
    ($tile:ident: $($rows:literal)*) => {
        [$([
            $tile::<$rows, 1, false, false>,
            $tile::<$rows, 1, false, true>,
            $tile::<$rows, 1, true, false>,
            $tile::<$rows, 1, true, true>,
            $tile::<$rows, 2, false, false>,
            $tile::<$rows, 2, false, true>,
            $tile::<$rows, 2, true, false>,
            $tile::<$rows, 2, true, true>,
        ]),*]
    };
}
pub(super) use variants;

/// The place of a variant in the table.
pub(super) fn variant(vectors: usize, unit: bool, fresh: bool) -> usize {
    4 * (vectors - 1) + 2 * usize::from(unit) + usize::from(fresh)
}
