//! Reading at indices, and adding at indices: two pairs of adjoints.
//!
//! What is read twice gets two gradients: that is why the adjoint of reading adds.

use std::rc::Rc;

use ch01_tensors::{Array, Float, Shape, axis_index};

use crate::{Operation, Var, apply};

/// Indices along an axis.
#[derive(Clone)]
struct At {
    axis: isize,
    index: Rc<Array<i64>>,
}

// ANCHOR: gather
/// `y[i, j] = x[index[i, j], j]` for axis 0.
struct Gather(At);

/// Zeros of a shape, with every `x[i, j]` added at `[index[i, j], j]`.
struct ScatterAdd(At, Shape);

impl<T: Float> Operation<T> for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        x[0].gather(self.0.axis, &self.0.index)
    }

    fn backward(&self, _: usize, grad: &Var<T>, x: &[Var<T>], _: &Var<T>) -> Var<T> {
        apply(ScatterAdd(self.0.clone(), x[0].shape()), &[grad])
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}

impl<T: Float> Operation<T> for ScatterAdd {
    fn name(&self) -> &'static str {
        "scatter_add"
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        Array::zeros(self.1).scatter_add(self.0.axis, &self.0.index, &x[0])
    }

    fn backward(&self, _: usize, grad: &Var<T>, _: &[Var<T>], _: &Var<T>) -> Var<T> {
        apply(Gather(self.0.clone()), &[grad])
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}
// ANCHOR_END: gather

/// Slices at indices along an axis: the rows of a table.
struct IndexSelect(At);

/// Zeros of a shape, with every slice of `x` added at its index.
struct IndexAdd(At, Shape);

impl<T: Float> Operation<T> for IndexSelect {
    fn name(&self) -> &'static str {
        "index_select"
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        x[0].index_select(self.0.axis, &self.0.index)
    }

    fn backward(&self, _: usize, grad: &Var<T>, x: &[Var<T>], _: &Var<T>) -> Var<T> {
        apply(IndexAdd(self.0.clone(), x[0].shape()), &[grad])
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}

impl<T: Float> Operation<T> for IndexAdd {
    fn name(&self) -> &'static str {
        "index_add"
    }

    fn forward(&self, x: &[Array<T>]) -> Array<T> {
        Array::zeros(self.1).index_add(self.0.axis, &self.0.index, &x[0])
    }

    fn backward(&self, _: usize, grad: &Var<T>, _: &[Var<T>], _: &Var<T>) -> Var<T> {
        apply(IndexSelect(self.0.clone()), &[grad])
    }

    fn reads_inputs(&self) -> bool {
        false
    }
}

impl<T: Float> Var<T> {
    #[track_caller]
    fn at(&self, operation: &str, axis: isize, index: &Array<i64>) -> At {
        // Counted from the front, so that it means the same axis of the adjoint's input.
        let axis = axis_index(operation, axis, self.shape().len()) as isize;
        At { axis, index: Rc::new(index.clone()) }
    }

    /// One element per index along an axis (`torch.gather`), as [`Array::gather`].
    ///
    /// # Panics
    /// When the shapes do not fit, or the axis or an index does not exist.
    #[track_caller]
    pub fn gather(&self, axis: isize, index: &Array<i64>) -> Var<T> {
        apply(Gather(self.at("gather", axis, index)), &[self])
    }

    /// The slices at the indices along an axis (`torch.index_select`; an embedding for axis 0); the axis is replaced by the
    /// axes of `index`, as in [`Array::index_select`].
    ///
    /// # Panics
    /// When the axis or an index does not exist.
    #[track_caller]
    pub fn index_select(&self, axis: isize, index: &Array<i64>) -> Var<T> {
        apply(IndexSelect(self.at("index_select", axis, index)), &[self])
    }
}
