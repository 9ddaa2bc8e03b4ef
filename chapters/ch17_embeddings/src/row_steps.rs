//! Optimizer steps over the rows that a batch has used, and no others.
//!
//! Every formula is that of chapter 9, for the rows of a [`RowGrad`]. What about the rows that are not there, whose gradient
//! is 0?
//!
//! - **SGD**: `w ← w - η 0`. They would not move: the step over rows is the same step.
//! - **AdaGrad**: `s ← s + 0`, `w ← w - η 0 / √s`. The same step again.
//! - **Momentum, Adam**: the running mean `m ← β₁ m` is not 0, and moves a row that did not occur. A step over rows leaves
//!   `m`, `v` and the row as they are. That is another rule, *lazy* Adam (`torch.optim.SparseAdam`): a rare word is not
//!   carried on for a dozen steps by one gradient, and its means are those of its own occurrences. The bias correction still
//!   counts all steps, as PyTorch's does.
//!
//! Left out: lazy weight decay.

use ch01_tensors::{Array, Float, fail};

use crate::RowGrad;

/// Fails unless the rows belong to the table.
#[track_caller]
fn fits<T: Float>(operation: &str, table: &Array<T>, grad: &RowGrad<T>) {
    let last = grad.rows.last();
    if table.ndim() != 2 || table.dim(1) != grad.values.dim(1) || last.is_some_and(|&row| row >= table.dim(0))
    {
        let (table, rows) = (table.shape(), grad.values.shape());
        fail(operation, format_args!("rows {rows:?} up to {last:?} do not fit into a table {table:?}"));
    }
}

// ANCHOR: sgd
/// Plain gradient descent on the rows of the gradient: what `Sgd` without momentum does to the whole table.
///
/// # Panics
/// When the rows do not fit into the table.
#[track_caller]
pub fn sgd_rows<T: Float>(table: &mut Array<T>, grad: &RowGrad<T>, rate: f64) {
    fits("sgd_rows", table, grad);
    let (size, rate) = (table.dim(1).max(1), T::from_f64(rate));
    let table = table.data_mut();
    for (&row, grad) in grad.rows.iter().zip(grad.values.data().chunks(size)) {
        table[row * size..][..size].iter_mut().zip(grad).for_each(|(w, &g)| *w = *w - rate * g);
    }
}
// ANCHOR_END: sgd

/// AdaGrad on the rows of the gradient: what `AdaGrad` does to the whole table (`torch.optim.Adagrad`).
pub struct RowAdaGrad<T: Float = f32> {
    /// The sum of the squares of all gradients so far, `[count, size]`.
    pub sum: Array<T>,
    eps: f64,
}

impl<T: Float> RowAdaGrad<T> {
    /// For a table, with sums that begin at `initial`; eps is 1e-10 as in PyTorch.
    pub fn new(table: &Array<T>, initial: f64) -> Self {
        RowAdaGrad { sum: Array::full(*table.shape(), T::from_f64(initial)), eps: 1e-10 }
    }

    /// One step with this learning rate.
    ///
    /// # Panics
    /// When the rows do not fit into the table, or the table is another one.
    #[track_caller]
    pub fn step(&mut self, table: &mut Array<T>, grad: &RowGrad<T>, rate: f64) {
        fits("RowAdaGrad", table, grad);
        fits("RowAdaGrad", &self.sum, grad);
        let (size, rate, eps) = (table.dim(1).max(1), T::from_f64(rate), T::from_f64(self.eps));
        let (table, sum) = (table.data_mut(), self.sum.data_mut());
        for (&row, grad) in grad.rows.iter().zip(grad.values.data().chunks(size)) {
            let (w, s) = (&mut table[row * size..][..size], &mut sum[row * size..][..size]);
            for ((w, s), &g) in w.iter_mut().zip(s).zip(grad) {
                *s += g * g;
                *w = *w - rate * g / (s.sqrt() + eps);
            }
        }
    }
}

/// Lazy Adam: rows without a gradient keep their means and stay where they are (`torch.optim.SparseAdam`).
pub struct SparseAdam<T: Float = f32> {
    /// The running mean of each row's gradients, `[count, size]`.
    pub exp_avg: Array<T>,
    /// The running mean of their squares, `[count, size]`.
    pub exp_avg_sq: Array<T>,
    /// How many steps were taken.
    pub steps: u64,
    betas: (f64, f64),
    eps: f64,
}

impl<T: Float> SparseAdam<T> {
    /// For a table, with PyTorch's defaults: betas 0.9 and 0.999, eps 1e-8.
    pub fn new(table: &Array<T>) -> Self {
        let (exp_avg, exp_avg_sq) = (table.zeros_like(), table.zeros_like());
        SparseAdam { exp_avg, exp_avg_sq, steps: 0, betas: (0.9, 0.999), eps: 1e-8 }
    }

    // ANCHOR: adam
    /// One step with this learning rate. As in PyTorch, eps is added before the bias is corrected; Adam adds it after.
    ///
    /// # Panics
    /// When the rows do not fit into the table, or the table is another one.
    #[track_caller]
    pub fn step(&mut self, table: &mut Array<T>, grad: &RowGrad<T>, rate: f64) {
        fits("SparseAdam", table, grad);
        fits("SparseAdam", &self.exp_avg, grad);
        self.steps += 1;
        let (t, (mean, square)) = (self.steps as f64, self.betas);
        let size_of_step = rate * (1.0 - square.powf(t)).sqrt() / (1.0 - mean.powf(t));
        let [mean_new, square_new] = [1.0 - mean, 1.0 - square].map(T::from_f64);
        let [mean, square, size_of_step, eps] = [mean, square, size_of_step, self.eps].map(T::from_f64);
        let size = table.dim(1).max(1);
        let (table, m, v) = (table.data_mut(), self.exp_avg.data_mut(), self.exp_avg_sq.data_mut());
        for (&row, grad) in grad.rows.iter().zip(grad.values.data().chunks(size)) {
            let (w, m) = (&mut table[row * size..][..size], &mut m[row * size..][..size]);
            let v = &mut v[row * size..][..size];
            for (((w, m), v), &g) in w.iter_mut().zip(m).zip(v).zip(grad) {
                *m = mean * *m + mean_new * g;
                *v = square * *v + square_new * g * g;
                *w = *w - size_of_step * *m / (v.sqrt() + eps);
            }
        }
    }
    // ANCHOR_END: adam
}
