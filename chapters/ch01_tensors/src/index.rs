//! Indexing by arrays of indices: gathering, and its transpose, scattering.
//!
//! Gathering reads one element per index; its gradient adds each output's gradient back to the place that was read,
//! which is scatter-add: `<gather(x), y> = <x, scatter_add(y)>`. Places that were read twice receive two gradients.
//!
//! Indices are `i64`, from 0 to below the length of the axis; negative ones are refused, as in PyTorch, so that a
//! label of -100 never picks a class silently.

use rayon::prelude::*;

use crate::walk::{CHUNK, PARALLEL_MIN, Walk};
use crate::{Array, Element, Num, Shape, axis_index, broadcast_shape, fail};

#[track_caller]
fn check(operation: &str, index: &Array<i64>, length: usize, axis: usize, shape: &Shape) {
    let outside = |&&at: &&i64| at < 0 || at >= length as i64;
    let index = index.clone().contiguous();
    if let Some(at) = index.data().iter().find(outside) {
        fail(operation, format_args!("index {at} is outside axis {axis} of {shape:?}"));
    }
}

impl<T: Element> Array<T> {
    /// The slices at the given indices along an axis, in their order (`np.take`; with one axis of indices,
    /// `torch.index_select`). The axis is replaced by the axes of `index`: rows `[vocabulary, dim]` taken by
    /// `[batch, length]` give `[batch, length, dim]`.
    ///
    /// # Panics
    /// When the axis or an index does not exist.
    #[track_caller]
    pub fn index_select(&self, axis: isize, index: &Array<i64>) -> Self {
        let axis = axis_index("index_select", axis, self.ndim());
        check("index_select", index, self.shape[axis], axis, &self.shape);
        let (before, after) = (&self.shape[..axis], &self.shape[axis + 1..]);
        let shape: Shape = before.iter().chain(index.shape().iter()).chain(after).copied().collect();
        let mut result = Array::scratch(shape);
        if result.is_empty() {
            return result;
        }
        let (source, index) = (self.clone().contiguous(), index.clone().contiguous());
        let (source, index) = (source.data(), index.data());
        let (length, width) = (self.shape[axis], after.iter().product::<usize>());
        let copy = |(row, out): (usize, &mut [T])| {
            let from = row / index.len() * length + index[row % index.len()] as usize;
            out.copy_from_slice(&source[from * width..][..width]);
        };
        let target = result.data_mut();
        if target.len() < PARALLEL_MIN {
            target.chunks_mut(width).enumerate().for_each(copy);
        } else {
            target.par_chunks_mut(width).with_min_len((CHUNK / width).max(1)).enumerate().for_each(copy);
        }
        result
    }

    /// `result[i, j] = self[index[i, j], j]` for axis 0, and so on (`torch.gather`). `index` has as many axes as the
    /// array, and is no longer than it along the other axes.
    ///
    /// # Panics
    /// When the shapes do not fit so, or the axis or an index does not exist.
    #[track_caller]
    pub fn gather(&self, axis: isize, index: &Array<i64>) -> Self {
        let axis = self.check_gather("gather", axis, index);
        let mut strides = self.strides;
        let stride = std::mem::take(&mut strides[axis]);
        let (source, places) = (self.storage.as_slice(), index.storage.as_slice());
        let mut result = Array::scratch(*index.shape());
        Walk::new(index.shape, [strides, index.strides], [self.offset, index.offset])
            .fill(result.data_mut(), |[from, at]| source[along(from, places[at], stride)]);
        result
    }

    /// [`gather`](Array::gather) with array and index broadcast along the other axes (`np.take_along_axis`):
    /// `a.take_along(1, &a.argsort(1, false))` sorts the rows of `a`.
    ///
    /// # Panics
    /// When the other axes do not broadcast, or the axis or an index does not exist.
    #[track_caller]
    pub fn take_along(&self, axis: isize, index: &Array<i64>) -> Self {
        let at = axis_index("take_along", axis, self.ndim());
        let (mut ours, mut theirs) = (self.shape, index.shape);
        if ours.len() == theirs.len() {
            // Both lengths of the axis stay as they are.
            (ours[at], theirs[at]) = (1, 1);
        }
        let common = broadcast_shape(&ours, &theirs).filter(|_| ours.len() == theirs.len());
        let Some(mut common) = common else {
            let rule = format_args!("{:?} and {:?} do not fit apart from axis {at}", self.shape, index.shape);
            fail("take_along", rule);
        };
        common[at] = self.shape[at];
        let source = self.clone().broadcast_to(common);
        common[at] = index.shape[at];
        source.gather(axis, &index.clone().broadcast_to(common))
    }

    #[track_caller]
    fn check_gather(&self, operation: &str, axis: isize, index: &Array<i64>) -> usize {
        let axis = axis_index(operation, axis, self.ndim());
        let fits = |other: usize| other == axis || index.shape[other] <= self.shape[other];
        if index.ndim() != self.ndim() || !(0..self.ndim()).all(fits) {
            let rule = "does not fit inside";
            fail(
                operation,
                format_args!("index {:?} {rule} {:?} apart from axis {axis}", index.shape, self.shape),
            );
        }
        check(operation, index, self.shape[axis], axis, &self.shape);
        axis
    }
}

/// The place `index` steps behind `start`.
fn along(start: usize, index: i64, stride: isize) -> usize {
    (start as isize + index as isize * stride) as usize
}

impl<T: Num> Array<T> {
    /// The array with every value added to the place that its index names: `result[index[i, j], j] += values[i, j]`
    /// for axis 0 (`torch.scatter_add`). The transpose of [`gather`](Array::gather). Sums run in row-major order.
    ///
    /// # Panics
    /// When `values` and `index` differ in shape, and as [`gather`](Array::gather).
    #[track_caller]
    pub fn scatter_add(mut self, axis: isize, index: &Array<i64>, values: &Self) -> Self {
        let axis = self.check_gather("scatter_add", axis, index);
        if index.shape != values.shape {
            let rule = format_args!("index {:?} and values {:?} differ in shape", index.shape, values.shape);
            fail("scatter_add", rule);
        }
        let mut strides = crate::contiguous_strides(&self.shape);
        let target = self.data_mut();
        let stride = std::mem::take(&mut strides[axis]);
        let (places, source) = (index.storage.as_slice(), values.storage.as_slice());
        let offsets = [0, index.offset, values.offset];
        Walk::new(index.shape, [strides, index.strides, values.strides], offsets).each(|[to, at, from]| {
            target[along(to, places[at], stride)] += source[from];
        });
        self
    }

    /// The array with slices of `values` added at the given indices along an axis (`torch.index_add`): the transpose of
    /// [`index_select`](Array::index_select), and the gradient of an embedding. Sums run in the order of the indices.
    ///
    /// # Panics
    /// When `values` has another shape than `index_select` gives, or the axis or an index does not exist.
    #[track_caller]
    pub fn index_add(mut self, axis: isize, index: &Array<i64>, values: &Self) -> Self {
        let axis = axis_index("index_add", axis, self.ndim());
        check("index_add", index, self.shape[axis], axis, &self.shape);
        let (before, after) = (&self.shape[..axis], &self.shape[axis + 1..]);
        let shape: Shape = before.iter().chain(index.shape().iter()).chain(after).copied().collect();
        if values.shape != shape {
            fail("index_add", format_args!("values have shape {:?}, not {shape:?}", values.shape));
        }
        let (length, width) = (self.shape[axis], after.iter().product::<usize>());
        let (values, index) = (values.clone().contiguous(), index.clone().contiguous());
        let index = index.data();
        let target = self.data_mut();
        if values.is_empty() {
            return self;
        }
        for (row, values) in values.data().chunks(width).enumerate() {
            let to = row / index.len() * length + index[row % index.len()] as usize;
            target[to * width..][..width].iter_mut().zip(values).for_each(|(out, &x)| *out += x);
        }
        self
    }

    /// 1 at the index and 0 elsewhere, along a new last axis of `classes` (`torch.nn.functional.one_hot`).
    ///
    /// # Panics
    /// When an index is not below `classes`.
    #[track_caller]
    pub fn one_hot(index: &Array<i64>, classes: usize) -> Self {
        let shape = index.shape.with(index.ndim(), classes);
        check("one_hot", index, classes, index.ndim(), &shape);
        let mut result = Self::zeros(shape);
        let index = index.clone().contiguous();
        if classes > 0 {
            let rows = result.data_mut().chunks_mut(classes).zip(index.data());
            rows.for_each(|(row, &at)| row[at as usize] = T::ONE);
        }
        result
    }
}
