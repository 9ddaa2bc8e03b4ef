//! How the losses of single elements become one number.

use ch01_tensors::{Array, Float, fail};

/// PyTorch's `reduction` argument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// The mean of all terms: the size of the batch does not change the size of the gradient.
    #[default]
    Mean,
    /// The sum of all terms.
    Sum,
    /// No reduction: one loss per term.
    None,
}

impl Reduction {
    /// Reduces the terms: to a scalar array, or not at all.
    pub fn forward<T: Float>(self, terms: Array<T>) -> Array<T> {
        match self {
            Reduction::Mean => terms.mean(.., false),
            Reduction::Sum => terms.sum(.., false),
            Reduction::None => terms,
        }
    }

    /// The gradient with respect to each of `terms.size()` terms, given that of the reduced loss.
    ///
    /// # Panics
    /// When `grad` does not have the shape of the reduced loss: a scalar for a mean or a sum.
    #[track_caller]
    pub fn backward<T: Float>(self, grad: &Array<T>, terms: &ch01_tensors::Shape) -> Array<T> {
        match self {
            Reduction::None if grad.shape() == terms => return grad.clone(),
            Reduction::Mean | Reduction::Sum if grad.ndim() == 0 => {}
            _ => fail(
                "loss backward",
                format_args!("a gradient of shape {:?} for a loss reduced by {self:?}", grad.shape()),
            ),
        }
        let count = if self == Reduction::Mean { terms.size() as f64 } else { 1.0 };
        (grad / T::from_f64(count)).broadcast_to(*terms)
    }
}
