//! Mean and variance of a row, in two passes.
//!
//! `mean = Σ x / n`, `variance = Σ (x - mean)² / n`: divided by `n`, not by `n - 1` (`torch.var(correction=0)`), as
//! normalisation layers do. The formula `Σ x² / n - mean²` needs one pass only, but subtracts two large numbers that are
//! nearly equal when the mean is large, and in 32 bits may even come out negative. The row is in the fastest cache
//! after the first pass, so the second costs little.

use ch01_tensors::Float;
use ch03_neurons::simd;

/// The mean and the variance (divided by `n`) of the elements; NaN for none.
#[inline(always)]
pub fn moments<T: Float>(x: &[T]) -> (T, T) {
    let n = T::from_f64(x.len() as f64);
    // Yours: The mean first, then the mean of the squared distances from it. `simd::sum(x, |x| f(x))` is
    // the sum of f over the elements.
    todo!()
}
