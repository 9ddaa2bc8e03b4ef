//! Reductions: many elements become one, along any axes.
//!
//! `x.sum([0, 2], true)`: the axes to reduce, then whether they stay with length 1 (numpy's `keepdims`). All of them:
//! `x.sum(.., false)`, or `x.sum_all()` for the number itself.
//!
//! Here the axes are sorted into groups, and each group is one loop over an array `[outer, length, inner]`; those loops
//! are in `reduce_loops.rs`.

use std::cmp::Reverse;
use std::ops::RangeFull;

use crate::element::is_nan;
use crate::reduce_loops::reduce_middle;
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
        combine: impl Fn(T, T) -> T + Sync + Copy,
    ) -> Self {
        let mask = axes.mask(operation, self.ndim());
        // The axes as they lie in memory, the longest steps first: a transposed matrix is read as it is.
        let mut order: Shape = (0..self.ndim()).collect();
        order.sort_unstable_by_key(|&axis| (Reverse(self.strides[axis].unsigned_abs()), axis));
        let mut source = self.clone().permute(signed(&order));
        if !source.is_contiguous() {
            order.sort_unstable();
            source = self.copy();
        }
        // Neighbours that are both reduced, or both kept, are one axis. (A reduction of nothing leaves one kept axis.)
        let mut groups = [(1, false); crate::MAX_NDIM + 1];
        let mut count = 1;
        for (&axis, &length) in order.iter().zip(source.shape.iter()).filter(|(_, length)| **length != 1) {
            if groups[count - 1].1 != mask[axis] {
                groups[count] = (1, mask[axis]);
                count += 1;
            }
            groups[count - 1].0 *= length;
        }
        // One group after the other, the last first: what is left for the next is shorter.
        let mut result = source.flatten();
        for last in (0..count).rev() {
            if !groups[last].1 {
                continue;
            }
            let kept = |groups: &[(usize, bool)]| -> usize { groups.iter().map(|group| group.0).product() };
            let length = std::mem::replace(&mut groups[last].0, 1);
            let (outer, inner) = (kept(&groups[..last]), kept(&groups[last + 1..count]));
            let mut out = Array::scratch([outer * inner]);
            reduce_middle(result.data(), out.data_mut(), length, inner, start, combine);
            result = out;
        }
        // The kept axes go back from their order in memory to their own.
        let order: Shape = order.iter().copied().filter(|&axis| !mask[axis]).collect();
        let shape: Shape = order.iter().map(|&axis| self.shape[axis]).collect();
        let mut place: Shape = (0..order.len()).collect();
        place.sort_unstable_by_key(|&i| order[i]);
        result = result.reshape(shape).permute(signed(&place)).contiguous();
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

/// Axes as `permute` wants them.
fn signed(axes: &Shape) -> Strides {
    axes.iter().map(|&axis| axis as isize).collect()
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
