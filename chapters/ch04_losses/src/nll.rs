//! Negative log-likelihood of log-probabilities (`torch.nn.functional.nll_loss`).
//!
//! `l = -w_y x_y`: minus the entry of the true class. It is what cross-entropy does after the logarithm of the softmax,
//! for models that give log-probabilities already: never give it probabilities or logits. The gradient is `-w_y` at the
//! true class and 0 elsewhere; the softmax before it spreads it over the others.
//!
//! Shapes: log-probabilities `[batch, classes]` or `[batch, classes, d1, ..]`, labels `[batch, d1, ..]`.

use ch01_tensors::{Array, Float};
use ch04_losses::{ClassRows, Reduction, RowTarget};

/// Negative log-likelihood with PyTorch's options. The mean divides by the sum of the weights of the true classes,
/// ignored rows left out (NaN if all are).
#[derive(Clone, Debug)]
pub struct Nll<T: Float = f32> {
    /// `[classes]`: how much each class counts.
    pub weight: Option<Array<T>>,
    /// Rows with this label count as nothing. -100 unless told.
    pub ignore_index: i64,
    /// How the rows become one number.
    pub reduction: Reduction,
}

impl<T: Float> Default for Nll<T> {
    fn default() -> Self {
        Nll { weight: None, ignore_index: -100, reduction: Reduction::Mean }
    }
}

// ANCHOR: nll
impl<T: Float> Nll<T> {
    /// The loss of log-probabilities against labels.
    ///
    /// # Panics
    /// When a shape does not fit or a label is neither a class nor the ignored one.
    #[track_caller]
    pub fn forward(&self, log_probs: &Array<T>, labels: &Array<i64>) -> Array<T> {
        let rows = self.rows("nll", log_probs, labels);
        let losses = rows.losses(|_, x, target| match target {
            RowTarget::Class(y) => -rows.weight(y) * x[y],
            _ => T::ZERO,
        });
        self.reduction.forward_over(losses, rows.total())
    }

    /// The gradient with respect to the log-probabilities, in their shape.
    ///
    /// # Panics
    /// As [`forward`](Nll::forward), or when `grad` does not have the shape of the reduced loss.
    #[track_caller]
    pub fn backward(&self, grad: &Array<T>, log_probs: &Array<T>, labels: &Array<i64>) -> Array<T> {
        let rows = self.rows("nll backward", log_probs, labels);
        let each = self.reduction.backward_over(grad, &rows.shape(), rows.total());
        rows.gradient(&each, rows.scores().zeros_like(), |g, out, target| {
            if let RowTarget::Class(y) = target {
                out[y] = -g * rows.weight(y);
            }
        })
    }

    #[track_caller]
    fn rows(&self, operation: &str, log_probs: &Array<T>, labels: &Array<i64>) -> ClassRows<'_, T, i64> {
        ClassRows::new(operation, log_probs, labels, self.weight.as_ref(), self.ignore_index)
    }
}
// ANCHOR_END: nll
