//! Heads: a vector of `heads * size` numbers seen as `heads` vectors of `size`, each head an attention of its own.
//!
//! Both functions are views where the layout allows it: the numbers of one head stay where they are.

use ch01_tensors::{Array, Float, fail};

// ANCHOR: heads
/// `[batch, time, heads * size]` to `[batch, heads, time, size]`: a view. The features are cut into heads first, and then
/// the axes change places; `reshape` to the final shape at once would mix positions and features.
///
/// # Panics
/// When there are other than three axes, or the last is no multiple of `heads`.
#[track_caller]
pub fn split_heads<T: Float>(x: Array<T>, heads: usize) -> Array<T> {
    if x.ndim() != 3 || heads == 0 || !x.dim(2).is_multiple_of(heads) {
        fail("split_heads", format_args!("{:?} does not split into {heads} heads", x.shape()));
    }
    let shape = [x.dim(0), x.dim(1), heads, x.dim(2) / heads];
    x.reshape(shape).transpose(1, 2)
}

/// `[batch, heads, time, size]` back to `[batch, time, heads * size]`.
///
/// # Panics
/// When there are other than four axes.
#[track_caller]
pub fn merge_heads<T: Float>(x: Array<T>) -> Array<T> {
    if x.ndim() != 4 {
        fail("merge_heads", format_args!("{:?} is not [batch, heads, time, size]", x.shape()));
    }
    let shape = [x.dim(0), x.dim(2), x.dim(1) * x.dim(3)];
    x.transpose(1, 2).contiguous().reshape(shape)
}
// ANCHOR_END: heads
