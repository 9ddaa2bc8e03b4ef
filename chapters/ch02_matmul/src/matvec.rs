//! A matrix times a vector, and the dot product.
//!
//! Every element of the matrix is used once, so the time goes into reading it, and packing it first, as products of
//! matrices do, would double the work. What matters is to read memory in the order in which it lies.

use ch01_tensors::{Array, Float, fail};

use crate::matmul;
use crate::task::Strided;

/// `y[.., i] = sum_p a[.., i, p] x[p]`: `[.., m, k] x [k] -> [.., m]` (`torch.mv`, and for batches `torch.matmul`).
/// The product of a vector and a matrix is `matvec(&a.t(), &x)`, or [`matmul`] with a vector on the left.
///
/// # Panics
/// When `a` is not a matrix or a batch of them, `x` is not a vector, or the inner sizes differ.
#[track_caller]
pub fn matvec<T: Float>(a: &Array<T>, x: &Array<T>) -> Array<T> {
    if a.ndim() < 2 || x.ndim() != 1 {
        fail("matvec", format_args!("needs a matrix and a vector, not {:?} x {:?}", a.shape(), x.shape()));
    }
    if a.dim(-1) != x.dim(0) {
        fail("matvec", format_args!("inner sizes differ: {:?} x {:?}", a.shape(), x.shape()));
    }
    matmul(a, x)
}

/// `sum_p x[p] y[p]` of two vectors (`torch.dot`); 0 for empty ones.
///
/// # Panics
/// When they are not vectors of the same length.
#[track_caller]
pub fn dot<T: Float>(x: &Array<T>, y: &Array<T>) -> T {
    if x.ndim() != 1 || y.ndim() != 1 || x.dim(0) != y.dim(0) {
        fail("dot", format_args!("needs two vectors of one length, not {:?} and {:?}", x.shape(), y.shape()));
    }
    matmul(x, y).item()
}

/// Sums side by side: they do not wait for each other, and the compiler makes vector instructions of them.
const LANES: usize = 16;

/// The dot product of two slices of one length. The order of the sum depends on the length alone.
fn dot_slices<T: Float>(x: &[T], y: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let (groups_x, rest_x) = x.as_chunks::<LANES>();
    let (groups_y, rest_y) = y.as_chunks::<LANES>();
    for (x, y) in groups_x.iter().zip(groups_y) {
        for lane in 0..LANES {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    for (lane, (&x, &y)) in rest_x.iter().zip(rest_y).enumerate() {
        lanes[lane] += x * y;
    }
    // Pairs, pairs of pairs, ...: the rounding error grows with the logarithm of the number of lanes.
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            let upper = lanes[lane + width];
            lanes[lane] += upper;
        }
        width /= 2;
    }
    lanes[0]
}

/// `c = a x`, or `c += a x` if `add`, for `a` of `[c.len(), k]` and a column `x` of length `k`.
pub(crate) fn gemv<T: Float>(a: Strided<'_, T>, x: Strided<'_, T>, k: usize, add: bool, c: &mut [T]) {
    if !add {
        c.fill(T::ZERO);
    }
    if a.col == 1 && x.row == 1 {
        // Rows lie in one piece: a dot product for each.
        let x = x.t().row(0, k);
        c.iter_mut().enumerate().for_each(|(i, c)| *c += dot_slices(a.row(i, k), x));
    } else if a.row == 1 {
        // Columns lie in one piece: their sum, each times its factor.
        for p in 0..k {
            let factor = x.at(p, 0);
            let column = a.t().row(p, c.len());
            c.iter_mut().zip(column).for_each(|(c, &a)| *c += factor * a);
        }
    } else {
        for (i, c) in c.iter_mut().enumerate() {
            (0..k).for_each(|p| *c += a.at(i, p) * x.at(p, 0));
        }
    }
}
