//! How many sequences have each step: the heart of packing.

/// Writes to `sizes[t]` how many of the sequences have a step `t`, that is, are longer than `t`. The lengths are sorted,
/// longest first, and `sizes` is as long as the longest.
pub fn step_sizes(lengths: &[i64], sizes: &mut [i64]) {
    // Yours: With n sequences left, shorten n while the last of them, at place n - 1, is not longer than t.
    todo!()
}
