//! One number from a slice: many running results side by side, so that the vector units are busy.
//!
//! The next addition to a running sum has to wait for the last one, four cycles on most processors. A processor that can
//! add two vectors of 16 per cycle wants eight of them on the way. So a row is combined in 64 lanes (or in 16, if it is
//! short): element `i` goes to lane `i % 64`, and at the end the lanes are combined in pairs. That also makes sums more
//! exact than one after the other: about `n / 64 + 6` roundings deep instead of `n`.

use std::hint::black_box;

/// Running results of a short row.
const LANES: usize = 16;
/// Running results of a long row: so many times [`LANES`].
const WIDE: usize = 4;

/// Combines `value(x)` of all elements. `start` must be neutral, and `combine` associative up to rounding and
/// commutative. The order depends on the length alone.
// ANCHOR: fold
#[inline(always)]
pub fn fold<T: Copy>(
    row: &[T],
    start: T,
    value: impl Fn(T) -> T + Copy,
    combine: impl Fn(T, T) -> T + Copy,
) -> T {
    let mut lanes = [start; LANES];
    let (groups, rest) = row.as_chunks::<LANES>();
    let (wide, single) = groups.as_chunks::<WIDE>();
    if !wide.is_empty() {
        let [mut a, mut b, mut c, mut d] = [[start; LANES]; WIDE];
        for groups in wide {
            step(&mut a, &groups[0], value, combine);
            step(&mut b, &groups[1], value, combine);
            step(&mut c, &groups[2], value, combine);
            step(&mut d, &groups[3], value, combine);
        }
        lanes = join(join(a, b, combine), join(c, d, combine), combine);
    }
    for group in single {
        step(&mut lanes, group, value, combine);
    }
    if !rest.is_empty() {
        let mut last = padded(rest, rest[0]);
        for i in 0..LANES {
            let x = value(last[i]);
            last[i] = if i < rest.len() { x } else { start };
        }
        lanes = join(lanes, last, combine);
    }
    across(lanes, combine)
}

/// Combines each lane with the value of an element.
#[inline(always)]
fn step<T: Copy>(
    lanes: &mut [T; LANES],
    group: &[T; LANES],
    value: impl Fn(T) -> T,
    combine: impl Fn(T, T) -> T,
) {
    for i in 0..LANES {
        lanes[i] = combine(lanes[i], value(group[i]));
    }
}

/// Combines two sets of lanes. (Loops, and no `from_fn` or `map`: those are functions of their own, which would not be
/// compiled for wide vectors.)
#[inline(always)]
fn join<T: Copy, const N: usize>(mut a: [T; N], b: [T; N], combine: impl Fn(T, T) -> T) -> [T; N] {
    for i in 0..N {
        a[i] = combine(a[i], b[i]);
    }
    a
}

/// Combines the lanes: the upper half with the lower half, until one is left.
///
/// `black_box` has the lanes written to memory first, once per row. Without it the compiler looks for vectors beginning at
/// the last, narrow pairs, and makes the loops before work on two numbers at a time.
#[inline(always)]
pub fn across<T: Copy>(lanes: [T; LANES], combine: impl Fn(T, T) -> T + Copy) -> T {
    let lanes = black_box(lanes);
    let mut eight = [lanes[0]; 8];
    for i in 0..8 {
        eight[i] = combine(lanes[i], lanes[i + 8]);
    }
    let mut four = [lanes[0]; 4];
    for i in 0..4 {
        four[i] = combine(eight[i], eight[i + 4]);
    }
    combine(combine(four[0], four[2]), combine(four[1], four[3]))
}
// ANCHOR_END: fold

/// Fewer than 16 elements, filled up with `fill`. Copied in pieces of 8, 4, 2 and 1, each a single instruction.
#[inline(always)]
pub fn padded<T: Copy>(rest: &[T], fill: T) -> [T; LANES] {
    let mut all = [fill; LANES];
    let n = rest.len();
    piece::<T, 8>(&mut all, rest, n, 0);
    piece::<T, 4>(&mut all, rest, n, n & 8);
    piece::<T, 2>(&mut all, rest, n, n & 12);
    piece::<T, 1>(&mut all, rest, n, n & 14);
    all
}

/// Writes the first elements back to where [`padded`] took them from.
#[inline(always)]
pub fn unpadded<T: Copy>(all: &[T; LANES], rest: &mut [T]) {
    let n = rest.len();
    piece::<T, 8>(rest, all, n, 0);
    piece::<T, 4>(rest, all, n, n & 8);
    piece::<T, 2>(rest, all, n, n & 12);
    piece::<T, 1>(rest, all, n, n & 14);
}

/// Copies `SIZE` elements at `at`, if `n` has this power of two.
#[inline(always)]
fn piece<T: Copy, const SIZE: usize>(to: &mut [T], from: &[T], n: usize, at: usize) {
    if n & SIZE != 0
        && let (Some(to), Some(from)) = (to[at..].first_chunk_mut::<SIZE>(), from[at..].first_chunk::<SIZE>())
    {
        *to = *from;
    }
}
