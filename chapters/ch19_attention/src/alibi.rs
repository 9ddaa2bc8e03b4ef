//! ALiBi (Press, Smith, Lewis 2021): no positions at all, but a penalty on the score that grows with the distance.
//!
//! The score of a query at position `p` for a key at `j` loses `m_h |p - j|`, with a fixed slope `m_h` for each head. Softmax
//! turns this into a factor `e^(-m_h |p - j|)` on the weight: every head forgets at its own speed. Nothing is learned; the
//! slopes go to [`AttentionOptions::slopes`](crate::AttentionOptions::slopes). (The paper is about causal models, where
//! `p >= j`.)
//!
//! The slopes for `n` heads, `n` a power of two, are `2^(-8/n), 2^(-16/n), .., 2^(-8)`. For other counts the authors'
//! code takes those of the power of two below, and then every second one of the power of two above, from the first on.

use ch01_tensors::{Array, Float};

// ANCHOR: alibi
/// The slope of each head, `[heads]`.
pub fn alibi_slopes<T: Float>(heads: usize) -> Array<T> {
    let below = if heads.is_power_of_two() { heads } else { heads.next_power_of_two() / 2 };
    let slope = |head: usize, of: usize| 2f64.powf(-8.0 * (head + 1) as f64 / of as f64);
    Array::from_fn([heads], |at| {
        let head = at[0];
        T::from_f64(if head < below { slope(head, below) } else { slope(2 * (head - below), 2 * below) })
    })
}
// ANCHOR_END: alibi
