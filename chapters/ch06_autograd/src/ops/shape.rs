//! The same numbers under another shape or in another order of axes. Their adjoints undo them.

use ch01_tensors::{Array, Float, Shape, Strides, axis_index};

use crate::{Operation, Var, apply};

/// `y = x`: another variable with the same value.
pub(crate) struct Identity;

impl<T: Float> Operation<T> for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        x[0].clone()
    }

    fn backward(&self, _: usize, grad: &Var<T>, _: &[Var<T>], _: &Var<T>) -> Var<T> {
        grad.clone()
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}

// ANCHOR: reshape
struct Reshape(Shape);

impl<T: Float> Operation<T> for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn key(&self) -> Option<String> {
        Some(format!("reshape {:?}", self.0))
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        x[0].clone().reshape(self.0)
    }

    fn backward(&self, _: usize, grad: &Var<T>, x: &[Var<T>], _: &Var<T>) -> Var<T> {
        grad.reshape(x[0].shape())
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}

/// Axis `n` of the result is axis `order[n]` of the input.
struct Permute(Strides);

impl<T: Float> Operation<T> for Permute {
    fn name(&self) -> &'static str {
        "permute"
    }

    fn key(&self) -> Option<String> {
        Some(format!("permute {:?}", &self.0[..]))
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        x[0].clone().permute(self.0)
    }

    fn backward(&self, _: usize, grad: &Var<T>, _: &[Var<T>], _: &Var<T>) -> Var<T> {
        let mut inverse = self.0;
        for (place, &axis) in self.0.iter().enumerate() {
            inverse[axis as usize] = place as isize;
        }
        grad.permute(inverse)
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}
// ANCHOR_END: reshape

impl<T: Float> Var<T> {
    /// Another variable of the same value, made from this one (`x.view_as(x)`): a place to hang a hook on, or to end a
    /// backward pass.
    pub fn alias(&self) -> Var<T> {
        apply(Identity, &[self])
    }

    /// The elements in row-major order under a new shape. One length may be `usize::MAX`: it is worked out from the rest.
    ///
    /// # Panics
    /// When the sizes differ.
    #[track_caller]
    pub fn reshape(&self, shape: impl Into<Shape>) -> Var<T> {
        let shape = shape.into();
        if shape == self.shape() { self.clone() } else { apply(Reshape(shape), &[self]) }
    }

    /// The axes in a new order.
    ///
    /// # Panics
    /// When `axes` does not name every axis once.
    #[track_caller]
    pub fn permute(&self, axes: impl AsRef<[isize]>) -> Var<T> {
        let ndim = self.shape().len();
        let axes = axes.as_ref().iter().map(|&axis| axis_index("permute", axis, ndim) as isize);
        apply(Permute(axes.collect()), &[self])
    }

    /// Swaps two axes.
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn transpose(&self, a: isize, b: isize) -> Var<T> {
        let ndim = self.shape().len();
        let mut axes: Strides = (0..ndim as isize).collect();
        axes.swap(axis_index("transpose", a, ndim), axis_index("transpose", b, ndim));
        self.permute(axes)
    }

    /// The transpose of a matrix: the last two axes swapped.
    ///
    /// # Panics
    /// With fewer than two axes.
    #[track_caller]
    pub fn t(&self) -> Var<T> {
        self.transpose(-2, -1)
    }
}
