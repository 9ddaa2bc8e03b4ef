//! Cross-entropy of a softmax, on logits (`torch.nn.functional.cross_entropy`).
//!
//! With logits `z`, `p = softmax(z)` and `lse = ln Σ_c exp(z_c)`, the log-probability of class `c` is `z_c - lse`. The
//! loss of one row is the negative log-likelihood of its label, in general of a target `q` over the classes:
//!
//! ```text
//! l(z) = -Σ_c q_c ln p_c = Σ_c q_c (lse - z_c)
//! dl/dz_j = (Σ_c q_c) p_j - q_j          (since dlse/dz_j = p_j)
//! ```
//!
//! A label `y`, smoothing `ε` and class weights `w` make `q_c = w_c ((1 - ε) [c = y] + ε / C)`; soft targets `t` make
//! `q_c = w_c ((1 - ε) t_c + ε / C)`. Neither softmax nor its logarithm is ever formed in the forward pass;
//! the gradient begins as the softmax and becomes what it is in place.
//!
//! Shapes: logits `[batch, classes]` or `[batch, classes, d1, ..]`; labels are integers `[batch, d1, ..]`, soft targets
//! floats in the shape of the logits. Left out: the gradient of soft targets, which are constants here.

use ch01_tensors::{Array, Float, Num};
use ch03_neurons::{math, simd, softmax};
use ch04_losses::{ClassRows, Reduction, RowTarget};

/// Softmax and negative log-likelihood in one, with PyTorch's options.
///
/// The mean is PyTorch's: for labels the sum of the losses over the sum of the weights of the true classes, ignored
/// rows left out (NaN if all are); for soft targets the mean over the rows.
#[derive(Clone, Debug)]
pub struct CrossEntropy<T: Float = f32> {
    /// `ε`: how much of the target is spread evenly over all classes (Szegedy et al. 2016).
    pub label_smoothing: f64,
    /// `[classes]`: how much each class counts.
    pub weight: Option<Array<T>>,
    /// Rows with this label count as nothing. -100 unless told.
    pub ignore_index: i64,
    /// How the rows become one number.
    pub reduction: Reduction,
}

impl<T: Float> Default for CrossEntropy<T> {
    fn default() -> Self {
        CrossEntropy { label_smoothing: 0.0, weight: None, ignore_index: -100, reduction: Reduction::Mean }
    }
}

// ANCHOR: cross_entropy
impl<T: Float> CrossEntropy<T> {
    /// The loss of logits `[batch, classes, ..]` against integer labels `[batch, ..]` or probabilities in the shape of
    /// the logits.
    ///
    /// # Panics
    /// When a shape does not fit or a label is neither a class nor the ignored one.
    #[track_caller]
    pub fn forward<L: Num>(&self, logits: &Array<T>, target: &Array<L>) -> Array<T> {
        let rows = self.rows("cross_entropy", logits, target);
        let log_sums = rows.log_sums(log_sums);
        let log_sums = log_sums.data();
        let losses = rows.losses(|row, z, target| {
            // exercise: forward - The loss of one row: Σ_c q_c (lse - z_c). `self.q(&rows, &target, c)` is q_c, and
            // `log_sums[row]` is lse. Skip the classes with q_c = 0, so that a logit of minus infinity costs nothing where
            // nothing is expected.
            let lse = log_sums[row];
            let term = |(c, &z_c): (usize, &T)| match self.q(&rows, &target, c) {
                q if q == T::ZERO => T::ZERO,
                q => q * (lse - z_c),
            };
            match target {
                RowTarget::Class(y) if self.label_smoothing == 0.0 => term((y, &z[y])),
                _ => z.iter().enumerate().map(term).fold(T::ZERO, |sum, term| sum + term),
            }
            // exercise: end
        });
        self.reduction.forward_over(losses, rows.total())
    }

    /// The gradient with respect to the logits, in their shape; zero in ignored rows.
    ///
    /// # Panics
    /// As [`forward`](CrossEntropy::forward), or when `grad` does not have the shape of the reduced loss.
    #[track_caller]
    pub fn backward<L: Num>(&self, grad: &Array<T>, logits: &Array<T>, target: &Array<L>) -> Array<T> {
        let rows = self.rows("cross_entropy backward", logits, target);
        let level = simd::Level::detect();
        // exercise: backward - First the gradient of each row's loss, `each`: `self.reduction.backward_over(grad, shape, total)`
        // with the shape and total of `rows`. Then `rows.gradient(&each, start, |g, out, target| ..)`: for each row, `out` holds
        // the row of the array `start`, softmax of the scores, and is to become g ((Σ_c q_c) p_j - q_j).
        // `simd::map_slice(level, out, f)` replaces every element by f of it.
        let each = self.reduction.backward_over(grad, &rows.shape(), rows.total());
        let start = softmax(rows.scores().clone(), -1);
        rows.gradient(&each, start, |g, out, target| {
            let q = |c| self.q(&rows, &target, c);
            match target {
                RowTarget::Ignored => out.fill(T::ZERO),
                RowTarget::Class(y) if self.label_smoothing == 0.0 => {
                    let factor = g * q(y);
                    simd::map_slice(level, out, move |p| factor * p);
                    out[y] = out[y] - factor;
                }
                _ => {
                    let all = (0..out.len()).fold(T::ZERO, |sum, c| sum + q(c));
                    for (c, p) in out.iter_mut().enumerate() {
                        *p = g * (all * *p - q(c));
                    }
                }
            }
        })
        // exercise: end
    }

    /// How much class `c` is expected in a row, times its weight.
    fn q<L: Num>(&self, rows: &ClassRows<'_, T, L>, target: &RowTarget<'_, L>, c: usize) -> T {
        let hard = match target {
            RowTarget::Ignored => return T::ZERO,
            RowTarget::Class(y) => f64::from(u8::from(*y == c)),
            RowTarget::Probabilities(t) => t[c].to_f64(),
        };
        let smooth = self.label_smoothing;
        rows.weight(c) * T::from_f64((1.0 - smooth) * hard + smooth / rows.classes as f64)
    }
}
// ANCHOR_END: cross_entropy

impl<T: Float> CrossEntropy<T> {
    #[track_caller]
    fn rows<L: Num>(&self, operation: &str, logits: &Array<T>, target: &Array<L>) -> ClassRows<'_, T, L> {
        ClassRows::new(operation, logits, target, self.weight.as_ref(), self.ignore_index)
    }
}

// ANCHOR: log_sum_exp
/// `ln Σ_c exp(z_c)` of each row of logits, one number of `out` per row, without overflow. Compiled for wide vectors.
fn log_sums<T: Float>(z: &[T], out: &mut [T]) {
    simd::at_level(simd::Level::detect(), LogSums { z, out });
}

/// The same for at most [`simd::TOGETHER`] rows of `classes` logits.
#[inline(always)]
fn log_sum_exp<T: Float>(z: &[T], classes: usize, out: &mut [T]) {
    // exercise: log_sum_exp - For each row: ln Σ exp(z_c) = m + ln Σ exp(z_c - m) for any m. Choose m so that nothing
    // overflows, and so that the sum cannot become 0. The rows are `z.chunks(classes)`; `simd::max(row)` is the largest element
    // of one, and `simd::sum_of(row, math::ExpLess(m))` the sum of e^(z_c - m).
    let mut largest = [T::ZERO; simd::TOGETHER];
    for (row, largest) in z.chunks(classes).zip(&mut largest) {
        *largest = simd::max(row);
    }
    for ((row, out), &m) in z.chunks(classes).zip(out.iter_mut()).zip(&largest) {
        *out = simd::sum_of(row, math::ExpLess(m));
    }
    for (out, &m) in out.iter_mut().zip(&largest) {
        *out = m + out.ln();
    }
    // exercise: end
}
// ANCHOR_END: log_sum_exp

struct LogSums<'a, T> {
    z: &'a [T],
    out: &'a mut [T],
}

impl<T: Float> simd::Body for LogSums<'_, T> {
    #[inline(always)]
    fn run(self) {
        let classes = self.z.len() / self.out.len();
        let rows = self.z.chunks(simd::TOGETHER * classes).zip(self.out.chunks_mut(simd::TOGETHER));
        for (z, out) in rows {
            log_sum_exp(z, classes, out);
        }
    }
}
