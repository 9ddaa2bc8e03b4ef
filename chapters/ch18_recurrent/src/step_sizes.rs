//! How many sequences have each step: the heart of packing.

// ANCHOR: step_sizes
/// Writes to `sizes[t]` how many of the sequences have a step `t`, that is, are longer than `t`. The lengths are sorted,
/// longest first, and `sizes` is as long as the longest.
pub fn step_sizes(lengths: &[i64], sizes: &mut [i64]) {
    // exercise: sizes - Write to `sizes[t]` how many of the lengths are greater than t. One walk through them is enough.
    let mut n = lengths.len();
    for (t, size) in sizes.iter_mut().enumerate() {
        while n > 0 && lengths[n - 1] <= t as i64 {
            n -= 1;
        }
        *size = n as i64;
    }
    // exercise: end
}
// ANCHOR_END: step_sizes
