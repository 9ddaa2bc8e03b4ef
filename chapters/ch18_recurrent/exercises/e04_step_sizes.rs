//! How many sequences have each step: the heart of packing.

/// Writes to `sizes[t]` how many of the sequences have a step `t`, that is, are longer than `t`. The lengths are sorted,
/// longest first, and `sizes` is as long as the longest.
pub fn step_sizes(lengths: &[i64], sizes: &mut [i64]) {
    // Yours: Write to `sizes[t]` how many of the lengths are greater than t. One walk through them is enough.
    todo!()
}
