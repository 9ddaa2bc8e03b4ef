//! Reductions: many elements become one, along any axes.
//!
//! `x.sum([0, 2], true)`: the axes to reduce, then whether they stay with length 1 (numpy's `keepdims`). All of them:
//! `x.sum(.., false)`, or `x.sum_all()` for the number itself.
//!
//! Floats do not add associatively, so the order of a sum is part of its result. Here it depends on the sizes alone:
//! rows are cut into fixed blocks, whose sums are then added in order. That makes the result independent of the
//! number of threads, and the rounding error small: about n/B + B additions deep instead of n (Higham 1993).

use std::ops::RangeFull;

use rayon::prelude::*;

use crate::element::is_nan;
use crate::walk::{CHUNK, PARALLEL_MIN};
use crate::{Array, Float, Num, Shape, Strides, axis_index, fail};

/// The axes of a reduction: one number, an array of numbers, or `..` for all. Negative numbers count from the end.
pub trait Axes {
    /// Which of `ndim` axes are meant.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    fn mask(&self, operation: &str, ndim: usize) -> [bool; crate::MAX_NDIM];
}

impl Axes for RangeFull {
    fn mask(&self, _: &str, _: usize) -> [bool; crate::MAX_NDIM] {
        [true; crate::MAX_NDIM]
    }
}

impl Axes for &[isize] {
    #[track_caller]
    fn mask(&self, operation: &str, ndim: usize) -> [bool; crate::MAX_NDIM] {
        let mut mask = [false; crate::MAX_NDIM];
        for &axis in *self {
            let index = axis_index(operation, axis, ndim);
            if std::mem::replace(&mut mask[index], true) {
                fail(operation, format_args!("axis {axis} is named twice in {self:?}"));
            }
        }
        mask
    }
}

impl<const N: usize> Axes for [isize; N] {
    #[track_caller]
    fn mask(&self, operation: &str, ndim: usize) -> [bool; crate::MAX_NDIM] {
        (&self[..]).mask(operation, ndim)
    }
}

impl Axes for isize {
    #[track_caller]
    fn mask(&self, operation: &str, ndim: usize) -> [bool; crate::MAX_NDIM] {
        (&[*self][..]).mask(operation, ndim)
    }
}

// ANCHOR: fold
/// Independent running results per row: enough to fill the vector registers of any processor.
const LANES: usize = 16;
/// Elements per block of a long sum.
const BLOCK: usize = 1024;

/// Combines a slice: `LANES` results side by side within a block, then the lanes, then the blocks, always in order.
fn fold<T: Num>(row: &[T], start: T, combine: impl Fn(T, T) -> T) -> T {
    let mut total = start;
    for block in row.chunks(BLOCK) {
        let mut lanes = [start; LANES];
        let (groups, rest) = block.as_chunks::<LANES>();
        for group in groups {
            for (lane, &x) in lanes.iter_mut().zip(group) {
                *lane = combine(*lane, x);
            }
        }
        for (lane, &x) in lanes.iter_mut().zip(rest) {
            *lane = combine(*lane, x);
        }
        total = combine(total, lanes.into_iter().reduce(&combine).expect("there are lanes"));
    }
    total
}
// ANCHOR_END: fold

impl<T: Num> Array<T> {
    /// Combines the elements along `axes`, beginning with `start`, which must be neutral: `combine(start, x) == x`.
    /// `combine` must be associative up to rounding, and commutative.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn reduce(
        &self,
        operation: &str,
        axes: impl Axes,
        keepdim: bool,
        start: T,
        combine: impl Fn(T, T) -> T + Sync,
    ) -> Self {
        let mask = axes.mask(operation, self.ndim());
        let kept = |axis: &usize| !mask[*axis];
        let of =
            |axes: &mut dyn Iterator<Item = usize>| -> Shape { axes.map(|axis| self.shape[axis]).collect() };
        let outer = of(&mut (0..self.ndim()).filter(kept));
        let inner = of(&mut (0..self.ndim()).filter(|axis| mask[*axis]));
        let (rows, length) = (outer.size(), inner.size());

        let mut result = Array::scratch(outer);
        let leading = (0..self.ndim()).is_sorted_by_key(|axis| !mask[axis]) && rows >= LANES;
        if self.is_contiguous() && leading {
            // The reduced axes come first: whole rows are combined, so the inner loop runs over the kept ones.
            reduce_columns(self.data(), result.data_mut(), start, &combine);
        } else {
            // Bring the reduced axes to the end; free if they are there already.
            let reduced = (0..self.ndim()).filter(|axis| mask[*axis]);
            let order: Strides =
                (0..self.ndim()).filter(kept).chain(reduced).map(|axis| axis as isize).collect();
            let last = self.clone().permute(order).contiguous();
            reduce_rows(last.data(), result.data_mut(), length, start, &combine);
        }
        if keepdim {
            let shape: Shape =
                (0..self.ndim()).map(|axis| if mask[axis] { 1 } else { self.shape[axis] }).collect();
            result = result.reshape(shape);
        }
        result
    }

    /// The elements that a reduction along `axes` combines, one contiguous row each, `[results, elements]`; and the
    /// shape of its result.
    #[track_caller]
    pub(crate) fn rows(&self, operation: &str, axes: impl Axes, keepdim: bool) -> (Self, Shape) {
        let mask = axes.mask(operation, self.ndim());
        let (kept, reduced) = (|axis: &usize| !mask[*axis], |axis: &usize| mask[*axis]);
        let all = 0..self.ndim();
        let order = all.clone().filter(kept).chain(all.clone().filter(reduced));
        let order: Strides = order.map(|axis| axis as isize).collect();
        let length: usize = all.clone().filter(reduced).map(|axis| self.shape[axis]).product();
        let shape: Shape = if keepdim {
            all.map(|axis| if mask[axis] { 1 } else { self.shape[axis] }).collect()
        } else {
            all.filter(kept).map(|axis| self.shape[axis]).collect()
        };
        (self.clone().permute(order).reshape([shape.size(), length]), shape)
    }

    /// The sum along `axes` (`np.sum`); 0 for no elements.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn sum(&self, axes: impl Axes, keepdim: bool) -> Self {
        self.reduce("sum", axes, keepdim, T::ZERO, |x, y| x + y)
    }

    /// The product along `axes` (`np.prod`); 1 for no elements.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn prod(&self, axes: impl Axes, keepdim: bool) -> Self {
        self.reduce("prod", axes, keepdim, T::ONE, |x, y| x * y)
    }

    /// The largest element along `axes` (`np.max`); NaN if there is one.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice, or when there is nothing to compare.
    #[track_caller]
    pub fn max(&self, axes: impl Axes, keepdim: bool) -> Self {
        self.refuse_empty("max", axes.mask("max", self.ndim()));
        self.reduce("max", axes, keepdim, T::LOWEST, |x, y| if x > y || is_nan(x) { x } else { y })
    }

    /// The smallest element along `axes` (`np.min`); NaN if there is one.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice, or when there is nothing to compare.
    #[track_caller]
    pub fn min(&self, axes: impl Axes, keepdim: bool) -> Self {
        self.refuse_empty("min", axes.mask("min", self.ndim()));
        self.reduce("min", axes, keepdim, T::HIGHEST, |x, y| if x < y || is_nan(x) { x } else { y })
    }

    /// The sum of all elements.
    pub fn sum_all(&self) -> T {
        self.sum(.., false).item()
    }

    #[track_caller]
    pub(crate) fn refuse_empty(&self, operation: &str, mask: [bool; crate::MAX_NDIM]) {
        if (0..self.ndim()).any(|axis| mask[axis] && self.shape[axis] == 0) {
            fail(operation, format_args!("of no elements is not defined: shape {:?}", self.shape));
        }
    }
}

fn reduce_rows<T: Num>(
    rows: &[T],
    out: &mut [T],
    length: usize,
    start: T,
    combine: &(impl Fn(T, T) -> T + Sync),
) {
    if length == 0 {
        out.fill(start);
    } else if rows.len() < PARALLEL_MIN {
        out.iter_mut().zip(rows.chunks(length)).for_each(|(out, row)| *out = fold(row, start, combine));
    } else if length >= CHUNK {
        for (out, row) in out.iter_mut().zip(rows.chunks(length)) {
            // One result per block of the row, combined in order. The blocks' results live in a pooled array.
            let mut parts = Array::full([length.div_ceil(CHUNK)], start);
            let each = parts.data_mut().par_iter_mut().zip(row.par_chunks(CHUNK));
            each.for_each(|(part, chunk)| *part = fold(chunk, start, combine));
            *out = fold(parts.data(), start, combine);
        }
    } else {
        let together = CHUNK / length;
        let parts = out.par_chunks_mut(together).zip(rows.par_chunks(together * length));
        parts.for_each(|(out, rows)| {
            out.iter_mut().zip(rows.chunks(length)).for_each(|(out, row)| *out = fold(row, start, combine));
        });
    }
}

/// `out[j] = combine over i of rows[i, j]`.
fn reduce_columns<T: Num>(rows: &[T], out: &mut [T], start: T, combine: &(impl Fn(T, T) -> T + Sync)) {
    let width = out.len();
    let add =
        |out: &mut [T], row: &[T]| out.iter_mut().zip(row).for_each(|(out, &x)| *out = combine(*out, x));
    out.fill(start);
    if rows.is_empty() {
        return;
    }
    // Blocks of rows are combined on their own and then in order, as in `fold`.
    let block = (CHUNK / width).max(8) * width;
    if rows.len() <= block {
        return rows.chunks(width).for_each(|row| add(out, row));
    }
    let mut parts = Array::full([rows.len().div_ceil(block), width], start);
    let combine_block = |(part, block): (&mut [T], &[T])| block.chunks(width).for_each(|row| add(part, row));
    if rows.len() < PARALLEL_MIN {
        parts.data_mut().chunks_mut(width).zip(rows.chunks(block)).for_each(combine_block);
    } else {
        parts.data_mut().par_chunks_mut(width).zip(rows.par_chunks(block)).for_each(combine_block);
    }
    parts.data().chunks(width).for_each(|part| add(out, part));
}

impl<T: Float> Array<T> {
    /// The mean along `axes` (`np.mean`); NaN for no elements, as in numpy.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn mean(&self, axes: impl Axes, keepdim: bool) -> Self {
        let sum = self.reduce("mean", axes, keepdim, T::ZERO, |x, y| x + y);
        let count = T::from_f64(self.size() as f64 / sum.size() as f64);
        sum / count
    }

    /// The mean of all elements.
    pub fn mean_all(&self) -> T {
        self.mean(.., false).item()
    }
}
