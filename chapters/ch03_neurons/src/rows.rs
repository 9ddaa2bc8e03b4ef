//! Work along one axis: the axis is brought to the end, its rows are worked on, and it goes back to its place.

use ch01_tensors::{Array, Float, axis_index};

use crate::simd;

/// Hands `f` the rows of `x` along `axis` (as they lie in memory), with the same rows of `other`, or an empty slice
/// if there is none. The result has the shape of `x`; `operation` names the caller.
///
/// # Panics
/// When there is no such axis, or the shapes differ.
#[track_caller]
pub fn along_axis<T: Float>(
    operation: &str,
    x: Array<T>,
    other: Option<&Array<T>>,
    axis: isize,
    f: impl simd::Rows<T>,
) -> Array<T> {
    if let Some(other) = other {
        simd::same_shape(operation, &x, other);
    }
    // As in PyTorch, a scalar has one axis for this purpose.
    if x.ndim() == 0 {
        let other = other.map(|other| other.clone().reshape([1]));
        return along_axis(operation, x.reshape([1]), other.as_ref(), axis, f).reshape([]);
    }
    let axis = axis_index(operation, axis, x.ndim()) as isize;
    let length = x.dim(axis);
    let mut x = x.transpose(axis, -1);
    let other = other.map(|other| other.clone().transpose(axis, -1).contiguous());
    simd::each_row(&mut x, other.as_ref().map(Array::data), length, f);
    x.transpose(axis, -1).contiguous()
}
