//! Taking part of an array, and its adjoint: putting a part into zeros.

use ch01_tensors::{Array, Dims, Float, Shape, Slice, Slices};

use crate::{Operation, Var, apply};

// ANCHOR: slice
/// `y = x[entries]`.
struct Part(Dims<Slice>);

/// Zeros of a shape, with `x` at `entries`: `<x[e], y> = <x, place(y)>`.
struct Place(Dims<Slice>, Shape);

impl<T: Float> Operation<T> for Part {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        x[0].slice(&self.0[..])
    }

    fn backward(&self, _: usize, grad: &Var<T>, x: &[Var<T>], _: &Var<T>) -> Var<T> {
        apply(Place(self.0, x[0].shape()), &[grad])
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}

impl<T: Float> Operation<T> for Place {
    fn name(&self) -> &'static str {
        "place"
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        let mut y = Array::zeros(self.1);
        y.assign_slice(&self.0[..], &x[0]);
        y
    }

    fn backward(&self, _: usize, grad: &Var<T>, _: &[Var<T>], _: &Var<T>) -> Var<T> {
        apply(Part(self.0), &[grad])
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}
// ANCHOR_END: slice

impl<T: Float> Var<T> {
    /// Part of the array (`x[...]`), with the entries of [`Array::slice`]: `x.slice((1.., -1))`.
    ///
    /// # Panics
    /// As [`Array::slice`].
    #[track_caller]
    pub fn slice(&self, slices: impl Slices) -> Var<T> {
        apply(Part(slices.entries()), &[self])
    }

    /// The `length` indices from `start` along an axis (`torch.narrow`).
    ///
    /// # Panics
    /// When they do not exist.
    #[track_caller]
    pub fn narrow(&self, axis: isize, start: usize, length: usize) -> Var<T> {
        let ndim = self.shape().len();
        let axis = ch01_tensors::axis_index("narrow", axis, ndim);
        if start + length > self.dim(axis as isize) {
            let (end, shape) = (start + length, self.shape());
            ch01_tensors::fail("narrow", format_args!("{start}..{end} is outside axis {axis} of {shape:?}"));
        }
        let mut entries = vec![Slice::default(); ndim];
        entries[axis] = Slice::from(start..start + length);
        self.slice(&entries[..])
    }
}
