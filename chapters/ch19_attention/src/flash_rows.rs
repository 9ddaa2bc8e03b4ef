//! What flash attention does to the rows of a tile of scores, compiled for the widest vectors of the processor.
//!
//! A tile holds the products of a block of queries (its rows) with a run of keys (its columns).

use ch01_tensors::Float;
use ch03_neurons::math;
use ch03_neurons::simd::{self, Body};
use ch19_attention::AttentionOptions;

/// The products of queries `first_query..` with keys `first_key..`, and how they become scores.
pub(crate) struct Tile<'a, T: Float> {
    pub scores: &'a mut [T],
    pub columns: usize,
    pub first_query: usize,
    pub first_key: usize,
    pub options: &'a AttentionOptions<'a, T>,
    pub scale: T,
    /// What padding adds to each key's score, 0 or -inf; or empty.
    pub key_bias: &'a [T],
    /// The bias of this tile's first row, and the step to the next row; or empty.
    pub bias: (&'a [T], usize),
    pub slope: T,
}

impl<T: Float> Tile<'_, T> {
    /// The number of queries.
    fn rows(&self) -> usize {
        self.scores.len() / self.columns
    }

    /// The row of one query, the seen part as scores, the rest 0; and where the seen part lies.
    #[inline(always)]
    fn row(&mut self, i: usize) -> (&mut [T], usize, usize) {
        let row = &mut self.scores[i * self.columns..][..self.columns];
        let seen = self.options.range(self.first_query + i, usize::MAX);
        let from = seen.start.saturating_sub(self.first_key).min(self.columns);
        let to = seen.end.saturating_sub(self.first_key).clamp(from, self.columns);
        row[..from].fill(T::ZERO);
        row[to..].fill(T::ZERO);
        let scores = &mut row[from..to];
        for s in scores.iter_mut() {
            *s *= self.scale;
        }
        if !self.key_bias.is_empty() {
            for (s, &bias) in scores.iter_mut().zip(&self.key_bias[from..to]) {
                *s += bias;
            }
        }
        if !self.bias.0.is_empty() {
            let bias = &self.bias.0[i * self.bias.1..][from..to];
            for (s, &bias) in scores.iter_mut().zip(bias) {
                *s += bias;
            }
        }
        if self.slope != T::ZERO {
            let place = (self.options.offset + self.first_query + i) as f64;
            let ahead = T::from_f64((self.first_key + from) as f64 - place);
            for (j, s) in scores.iter_mut().enumerate() {
                *s += -self.slope * (ahead + T::from_i64(j as i64)).abs();
            }
        }
        (scores, from, to)
    }
}

// ANCHOR: online
/// Products become exponentials relative to the largest score so far; what was summed before is scaled to it.
pub(crate) struct OnlineRows<'a, T: Float> {
    pub tile: Tile<'a, T>,
    /// For each query the largest score so far, and the sum of the exponentials relative to it.
    pub largest: &'a mut [T],
    pub sums: &'a mut [T],
    /// For each query the sum of the values with these exponentials as weights, `[rows, value_size]`.
    pub values: &'a mut [T],
    pub value_size: usize,
}

impl<T: Float> Body for OnlineRows<'_, T> {
    #[inline(always)]
    fn run(mut self) {
        for i in 0..self.tile.rows() {
            let (scores, _, _) = self.tile.row(i);
            let here = simd::max(scores);
            if here == T::LOWEST {
                // No key is seen here. (The largest of a row of NaN is -inf too, and NaN must stay visible.)
                if scores.iter().any(|s| s.is_nan()) {
                    self.sums[i] += simd::sum(scores, |s| s);
                } else {
                    scores.fill(T::ZERO);
                }
                continue;
            }
            let before = self.largest[i];
            let largest = if here > before { here } else { before };
            for s in scores.iter_mut() {
                *s = math::exp_low(*s - largest);
            }
            let sum = simd::sum(scores, |e| e);
            if here > before {
                // e^(before - largest): 0 for the first tile, where `before` is -inf.
                let factor = math::exp(before - largest);
                self.largest[i] = largest;
                self.sums[i] *= factor;
                for v in &mut self.values[i * self.value_size..][..self.value_size] {
                    *v *= factor;
                }
            }
            self.sums[i] += sum;
        }
    }
}
// ANCHOR_END: online

/// The end of the online softmax: values are divided by the sums, and the sums become logarithms.
pub(crate) struct FinishRows<'a, T: Float> {
    pub largest: &'a [T],
    pub sums: &'a [T],
    pub values: &'a mut [T],
    pub value_size: usize,
    /// The logarithms of the sums; +inf if no key was seen.
    pub log_sums: &'a mut [T],
}

impl<T: Float> Body for FinishRows<'_, T> {
    #[inline(always)]
    fn run(self) {
        for (i, log_sum) in self.log_sums.iter_mut().enumerate() {
            let (largest, sum) = (self.largest[i], self.sums[i]);
            let values = &mut self.values[i * self.value_size..][..self.value_size];
            if sum == T::ZERO {
                values.fill(T::ZERO);
                *log_sum = T::HIGHEST;
                continue;
            }
            let factor = T::ONE / sum;
            for v in values {
                *v *= factor;
            }
            *log_sum = largest + sum.ln();
        }
    }
}

/// Products become weights again, `P_ij = e^(S_ij - l_i)`.
pub(crate) struct AgainRows<'a, T: Float> {
    pub tile: Tile<'a, T>,
    pub log_sums: &'a [T],
}

impl<T: Float> Body for AgainRows<'_, T> {
    #[inline(always)]
    fn run(mut self) {
        for i in 0..self.tile.rows() {
            let log_sum = self.log_sums[i];
            for s in self.tile.row(i).0 {
                *s = math::exp_low(*s - log_sum);
            }
        }
    }
}

/// `D_i = Σ_c G_ic O_ic`, for rows of `size` numbers with gaps between them.
pub(crate) struct RowSums<'a, T: Float> {
    pub grad: (&'a [T], usize),
    pub output: (&'a [T], usize),
    pub size: usize,
    pub to: &'a mut [T],
}

impl<T: Float> Body for RowSums<'_, T> {
    #[inline(always)]
    fn run(self) {
        for (i, to) in self.to.iter_mut().enumerate() {
            let [grad, output] = [self.grad, self.output].map(|(data, step)| &data[i * step..][..self.size]);
            *to = simd::dot(grad, output);
        }
    }
}

/// `dL/dS_ij = P_ij (dL/dP_ij - D_i)`, times the scale, in place of `dL/dP`.
pub(crate) struct ScoreGradients<'a, T: Float> {
    pub grad: &'a mut [T],
    pub weights: &'a [T],
    pub columns: usize,
    pub means: &'a [T],
    pub scale: T,
}

impl<T: Float> Body for ScoreGradients<'_, T> {
    #[inline(always)]
    fn run(self) {
        let rows = self.grad.chunks_exact_mut(self.columns).zip(self.weights.chunks_exact(self.columns));
        for ((grad, weights), &mean) in rows.zip(self.means) {
            for (g, &p) in grad.iter_mut().zip(weights) {
                *g = p * (*g - mean) * self.scale;
            }
        }
    }
}
