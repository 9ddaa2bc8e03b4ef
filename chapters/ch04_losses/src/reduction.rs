//! How the losses of single terms become one number (PyTorch's `reduction` argument).
//!
//! With `l` the terms, the gradient of `sum l` with respect to each term is 1, and that of the mean is one over the
//! number of terms: forgetting this division makes the step grow with the batch.

use ch01_tensors::{Array, Float, Shape, fail};

/// PyTorch's `reduction` argument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// The mean of all terms: the size of the batch does not change the size of the gradient.
    #[default]
    Mean,
    /// The sum of all terms.
    Sum,
    /// The sum of all terms divided by the length of the first axis (PyTorch has this for `kl_div` only).
    BatchMean,
    /// No reduction: one loss per term.
    None,
}

// ANCHOR: reduction
impl Reduction {
    /// Reduces the terms: to a scalar array, or not at all. The mean of no terms is NaN.
    ///
    /// # Panics
    /// When there is no batch axis to take the mean over.
    #[track_caller]
    pub fn forward<T: Float>(self, terms: Array<T>) -> Array<T> {
        let count = terms.size() as f64;
        self.forward_over(terms, T::from_f64(count))
    }

    /// The gradient with respect to each term, given that of the reduced loss; a view if it is the same for all.
    ///
    /// # Panics
    /// When `grad` does not have the shape of the reduced loss: a scalar, or that of the terms without reduction.
    #[track_caller]
    pub fn backward<T: Float>(self, grad: &Array<T>, terms: &Shape) -> Array<T> {
        self.backward_over(grad, terms, T::from_f64(terms.size() as f64))
    }

    /// The same with a mean that divides by `count`, such as a sum of weights, instead of the number of terms.
    ///
    /// # Panics
    /// As [`forward`](Reduction::forward).
    #[track_caller]
    pub fn forward_over<T: Float>(self, terms: Array<T>, count: T) -> Array<T> {
        match self {
            Reduction::Mean => terms.sum(.., false) / count,
            Reduction::Sum => terms.sum(.., false),
            Reduction::BatchMean => terms.sum(.., false) / batch::<T>(terms.shape()),
            Reduction::None => terms,
        }
    }

    /// The gradient of [`forward_over`](Reduction::forward_over).
    ///
    /// # Panics
    /// As [`backward`](Reduction::backward).
    #[track_caller]
    pub fn backward_over<T: Float>(self, grad: &Array<T>, terms: &Shape, count: T) -> Array<T> {
        if self == Reduction::None {
            if grad.shape() != terms {
                fail(
                    "loss backward",
                    format_args!("a gradient of shape {:?} for terms of shape {terms:?}", grad.shape()),
                );
            }
            return grad.clone();
        }
        if grad.ndim() != 0 {
            fail(
                "loss backward",
                format_args!(
                    "a gradient of shape {:?} for a loss reduced by {self:?}: a scalar",
                    grad.shape()
                ),
            );
        }
        let divisor = match self {
            Reduction::Mean => count,
            Reduction::BatchMean => batch(terms),
            _ => T::ONE,
        };
        (grad / divisor).broadcast_to(*terms)
    }
}
// ANCHOR_END: reduction

#[track_caller]
fn batch<T: Float>(terms: &Shape) -> T {
    match terms.first() {
        Some(&length) => T::from_f64(length as f64),
        None => fail("loss", format_args!("a batch mean needs a batch axis, but there is one term only")),
    }
}
