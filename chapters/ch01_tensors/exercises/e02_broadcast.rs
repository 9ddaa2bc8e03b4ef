//! Broadcasting: stretching axes of length 1 so that two arrays fit, without copying.
//!
//! The rule is numpy's. Line the shapes up at their last axis; a missing axis counts as 1. Two lengths fit if they
//! are equal or one of them is 1; the result takes the other. A stretched axis gets stride 0: every index along it
//! reads the same element.

use ch01_tensors::{Shape, Strides};

/// The shape that two shapes broadcast to, or `None` if they do not fit.
///
/// `[4, 1, 3]` with `[5, 1]` gives `[4, 5, 3]`; `[2, 3]` with `[2]` gives `None`.
pub fn broadcast_shape(a: &Shape, b: &Shape) -> Option<Shape> {
    // Yours: Align the shapes at the last axis, treat missing axes as 1, and combine each pair of lengths.
    todo!()
}

/// The strides that read an array of `shape` as if it had shape `to`: 0 along every stretched axis.
///
/// `shape` must broadcast to `to`.
pub fn broadcast_strides(shape: &Shape, strides: &Strides, to: &Shape) -> Strides {
    // Yours: New axes in front and stretched axes get stride 0; the others keep theirs.
    todo!()
}
