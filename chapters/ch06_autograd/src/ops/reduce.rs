//! Sum, mean and maximum along axes.

use ch01_tensors::{Array, Axes, Float, Shape, Strides};

use crate::{Operation, Var, apply};

/// Which axes are reduced, and whether they stay with length 1.
#[derive(Clone, Copy)]
struct Over {
    axes: Strides,
    keepdim: bool,
}

impl Over {
    /// The shape of `x` with length 1 along the reduced axes: that of the result with `keepdim`.
    fn kept(&self, x: &Shape) -> Shape {
        let mut shape = *x;
        self.axes.iter().for_each(|&axis| shape[axis as usize] = 1);
        shape
    }
}

// ANCHOR: sum
/// Every element has slope 1: the gradient of the sum goes back to each.
struct Sum(Over);

impl<T: Float> Operation<T> for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }

    fn key(&self) -> Option<String> {
        Some(format!("sum {:?} {}", &self.0.axes[..], self.0.keepdim))
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        x[0].sum(&self.0.axes[..], self.0.keepdim)
    }

    fn backward(&self, _: usize, grad: &Var<T>, x: &[Var<T>], _: &Var<T>) -> Var<T> {
        let shape = x[0].shape();
        grad.reshape(self.0.kept(&shape)).broadcast_to(shape)
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}
// ANCHOR_END: sum

/// The gradient goes to the largest element; between several of them it is shared evenly, as in `torch.amax`.
struct Max(Over);

impl<T: Float> Operation<T> for Max {
    fn name(&self) -> &'static str {
        "max"
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        x[0].max(&self.0.axes[..], self.0.keepdim)
    }

    fn backward(&self, _: usize, grad: &Var<T>, x: &[Var<T>], y: &Var<T>) -> Var<T> {
        let kept = self.0.kept(&x[0].shape());
        let largest = x[0].is_equal(&y.reshape(kept));
        let count = largest.sum(&self.0.axes[..], true);
        largest * (grad.reshape(kept) / count)
    }
}

impl<T: Float> Var<T> {
    #[track_caller]
    fn over(&self, operation: &str, axes: impl Axes, keepdim: bool) -> Over {
        let ndim = self.shape().len();
        let mask = axes.mask(operation, ndim);
        Over { axes: (0..ndim).filter(|&axis| mask[axis]).map(|axis| axis as isize).collect(), keepdim }
    }

    /// The sum along `axes`; `..` are all.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn sum(&self, axes: impl Axes, keepdim: bool) -> Var<T> {
        apply(Sum(self.over("sum", axes, keepdim)), &[self])
    }

    /// The mean along `axes`: the sum by the number of elements.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn mean(&self, axes: impl Axes, keepdim: bool) -> Var<T> {
        let sum = apply(Sum(self.over("mean", axes, keepdim)), &[self]);
        let count = self.shape().size() as f64 / sum.shape().size() as f64;
        sum / count
    }

    /// The largest element along `axes` (`torch.amax`).
    ///
    /// # Panics
    /// When an axis does not exist or is named twice, or when there is nothing to compare.
    #[track_caller]
    pub fn max(&self, axes: impl Axes, keepdim: bool) -> Var<T> {
        apply(Max(self.over("max", axes, keepdim)), &[self])
    }
}
