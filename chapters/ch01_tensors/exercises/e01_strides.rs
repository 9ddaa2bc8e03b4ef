//! From an index to a place in storage.
//!
//! An array is a flat run of numbers plus, for each axis, a stride: how far to step in storage to move by one along
//! that axis. Element `[i, j, k]` lies at `offset + i*strides[0] + j*strides[1] + k*strides[2]`.
//! Row-major (C) order, numpy's default, packs the last axis densest.

use ch01_tensors::{Shape, Strides};

/// The strides of a row-major array: 1 for the last axis, and for every other the size of all that lies after it.
///
/// `[2, 3, 4]` gives `[12, 4, 1]`.
pub fn contiguous_strides(shape: &Shape) -> Strides {
    // Yours: Walk from the last axis to the first. The last stride is 1; each earlier one is the
    // product of the lengths after it.
    todo!()
}

/// Where element `index` lies in storage, counted from the array's first element.
pub fn flat_index(index: &[usize], strides: &Strides) -> isize {
    // Yours: The sum of index times stride over the axes.
    todo!()
}
