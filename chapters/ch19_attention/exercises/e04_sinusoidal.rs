//! Sinusoidal positions (Vaswani et al. 2017, section 3.5): `PE[t, 2i] = sin(t ω_i)`, `PE[t, 2i+1] = cos(t ω_i)`, with
//! `ω_i = 10000^(-2i / size)`.
//!
//! Attention treats its input as a set: without positions, a sentence and its words in any other order are the same.
//! Each pair of features is a point that goes round a circle, from one turn per 2π positions to one per 62832. Going on
//! by `k` positions turns every pair by the fixed angle `k ω_i`, whatever `t` is, which makes distances easy to learn:
//! `PE[t] · PE[t + k] = Σ_i cos(k ω_i)` depends on `k` alone.
//!
//! Nothing is learned here: the table is added to the token vectors, and the gradient passes through the sum unchanged.

use ch01_tensors::{Array, Float};

/// The table `[time, size]`, to be added to vectors `[batch, time, size]`.
pub fn sinusoidal_positions<T: Float>(time: usize, size: usize) -> Array<T> {
    Array::from_fn([time, size], |at| {
        let (t, feature) = (at[0] as f64, at[1]);
        // Yours: The features 2i and 2i + 1 belong together: sine and cosine of t ω_i, where
        // ω_i = 10000^(-2i / size). `x.powf(y)` is x^y; `T::from_f64` makes a T of an f64.
        todo!()
    })
}
