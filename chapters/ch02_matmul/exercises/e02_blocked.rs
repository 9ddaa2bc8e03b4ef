//! The third rung: tiles. The product is cut into products of small matrices that fit the cache.
//!
//! A tile of `b` with `TILE` rows and columns stays in the cache while all rows of `a` pass it, so each element that was
//! loaded is used `m` times before it is thrown out, not once (Lam, Rothberg and Wolf 1991).

use std::ops::{AddAssign, Mul};

use ch02_matmul::check_lengths;

/// Rows and columns of a tile: `128 * 128` floats are 64 KiB, which fits the second-level cache of any processor.
pub const TILE: usize = 128;

/// `c += a b` tile by tile, for row-major `a` of `[m, k]`, `b` of `[k, n]` and `c` of `[m, n]`.
///
/// # Panics
/// When a slice is not as long as its matrix.
#[track_caller]
pub fn blocked<T>(a: &[T], b: &[T], c: &mut [T], [m, k, n]: [usize; 3])
where
    T: Copy + Mul<Output = T> + AddAssign,
{
    check_lengths("blocked", a, b, c, [m, k, n]);
    // Yours: Cut p and j into ranges of TILE; the last ones may be shorter. For each tile of `b`, p in one range
    // and j in another, go through all rows i and add, as in `loop_order`, what this tile gives to c[i, j].
    todo!()
}
