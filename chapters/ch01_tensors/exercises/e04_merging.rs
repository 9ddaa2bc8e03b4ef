//! Fewer axes for the same walk.
//!
//! A walk over `[64, 3, 28, 28]` in row-major order need not be four loops. Where the outer of two neighbouring axes steps
//! exactly as far as the whole inner one is long, `outer stride = inner stride * inner length`, the two are one longer
//! axis. A contiguous array is a single run, whatever its shape, and a loop over one long run is fast. With several
//! operands, an axis may only be merged if every one of them allows it.

use ch01_tensors::{Shape, Strides};

/// The same walk of `N` operands over `shape`, with as few axes as possible: axes of length 1 are dropped, and
/// neighbours along which all operands step evenly become one.
///
/// `[2, 3, 4]` with strides `[12, 4, 1]` gives `[24]` with `[1]`; with `[1, 2, 6]`, its transpose, nothing merges.
pub fn merge_axes<const N: usize>(shape: &Shape, strides: &[Strides; N]) -> (Shape, [Strides; N]) {
    // Yours: Walk from the first axis to the last and skip length 1. Let the axis before take this one in if
    // every operand's stride there is its stride here times the length here; the longer axis then has the stride here.
    todo!()
}
