//! What self-attention does to the rows of a block of scores, compiled for the widest vectors of the processor.
//!
//! A row belongs to one query: `s_j = q · k_j` for the keys seen. `bias` is added to the scaled scores, or is empty; with
//! a causal mask, the query of row `i` stands at position `causal_from + i` and sees the keys up to there.

use ch01_tensors::Float;
use ch03_neurons::math;
use ch03_neurons::simd::{self, Body};

/// How many keys the query of this row sees.
#[inline(always)]
fn limit(causal_from: Option<usize>, row: usize, seen: usize) -> usize {
    causal_from.map_or(seen, |first| seen.min(first + row + 1))
}

/// `s scale`, plus the bias if there is one.
#[inline(always)]
fn scale_row<T: Float>(s: &mut [T], scale: T, bias: &[T]) {
    for s in s.iter_mut() {
        *s *= scale;
    }
    // Empty if there is no bias.
    for (s, &bias) in s.iter_mut().zip(bias) {
        *s += bias;
    }
}

/// Scores become weights; `log_sums` gets the logarithm of each row's sum.
pub(crate) struct SoftmaxRows<'a, T> {
    pub scores: &'a mut [T],
    pub seen: usize,
    pub scale: T,
    pub bias: &'a [T],
    pub causal_from: Option<usize>,
    pub log_sums: &'a mut [T],
}

impl<T: Float> Body for SoftmaxRows<'_, T> {
    #[inline(always)]
    fn run(self) {
        if self.seen == 0 {
            return self.log_sums.fill(T::HIGHEST);
        }
        let rows = self.scores.chunks_exact_mut(self.seen).zip(self.log_sums);
        for (i, (row, log_sum)) in rows.enumerate() {
            let (row, hidden) = row.split_at_mut(limit(self.causal_from, i, self.seen));
            hidden.fill(T::ZERO);
            scale_row(row, self.scale, self.bias);
            let largest = simd::max(row);
            // No key is allowed: weights 0. (The largest of a row of NaN is -inf too, and NaN must stay visible.)
            if largest == T::LOWEST && !row.iter().any(|s| s.is_nan()) {
                row.fill(T::ZERO);
                *log_sum = T::HIGHEST;
                continue;
            }
            for s in row.iter_mut() {
                *s = math::exp(*s - largest);
            }
            let sum = simd::sum(row, |e| e);
            let factor = T::ONE / sum;
            for e in row.iter_mut() {
                *e *= factor;
            }
            *log_sum = largest + sum.ln();
        }
    }
}

/// Scores become weights, by the logarithms of the sums that [`SoftmaxRows`] found.
pub(crate) struct WeightRows<'a, T> {
    pub scores: &'a mut [T],
    pub seen: usize,
    pub scale: T,
    pub bias: &'a [T],
    pub causal_from: Option<usize>,
    pub log_sums: &'a [T],
}

impl<T: Float> Body for WeightRows<'_, T> {
    #[inline(always)]
    fn run(self) {
        if self.seen == 0 {
            return;
        }
        let rows = self.scores.chunks_exact_mut(self.seen).zip(self.log_sums);
        for (i, (row, &log_sum)) in rows.enumerate() {
            let (row, hidden) = row.split_at_mut(limit(self.causal_from, i, self.seen));
            hidden.fill(T::ZERO);
            scale_row(row, self.scale, self.bias);
            for s in row.iter_mut() {
                *s = math::exp(*s - log_sum);
            }
        }
    }
}

/// `dL/dS_ij = P_ij (dL/dP_ij - Σ_l P_il dL/dP_il)`, times the scale, in place of `dL/dP`.
pub(crate) struct GradientRows<'a, T> {
    pub grad: &'a mut [T],
    pub weights: &'a [T],
    pub seen: usize,
    pub scale: T,
}

impl<T: Float> Body for GradientRows<'_, T> {
    #[inline(always)]
    fn run(self) {
        if self.seen == 0 {
            return;
        }
        let rows = self.grad.chunks_exact_mut(self.seen).zip(self.weights.chunks_exact(self.seen));
        for (grad, weights) in rows {
            let mean = simd::dot(grad, weights);
            for (g, &p) in grad.iter_mut().zip(weights) {
                *g = p * (*g - mean) * self.scale;
            }
        }
    }
}
