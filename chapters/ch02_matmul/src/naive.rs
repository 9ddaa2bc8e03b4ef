//! The first rung: the definition, `c[i, j] = sum_p a[i, p] b[p, j]`, as three loops.
//!
//! All rungs take matrices as slices in row-major order, `a` of `[m, k]`, `b` of `[k, n]`, `c` of `[m, n]`, and add the
//! product to `c`. They ask of the numbers only that they can be multiplied and added, so that a test can pass numbers
//! that write down where they lie.

use std::ops::{AddAssign, Mul};

use ch01_tensors::fail;

// ANCHOR: naive
/// `c += a b` in the order i, j, p: one element of `c` after the other, a row of `a` times a column of `b`.
///
/// # Panics
/// When a slice is not as long as its matrix.
#[track_caller]
pub fn naive<T>(a: &[T], b: &[T], c: &mut [T], [m, k, n]: [usize; 3])
where
    T: Copy + Mul<Output = T> + AddAssign,
{
    check_lengths("naive", a, b, c, [m, k, n]);
    for i in 0..m {
        for j in 0..n {
            let mut sum = c[i * n + j];
            for p in 0..k {
                sum += a[i * k + p] * b[p * n + j];
            }
            c[i * n + j] = sum;
        }
    }
}
// ANCHOR_END: naive

/// Refuses slices that do not hold a `[m, k]`, a `[k, n]` and a `[m, n]` matrix.
///
/// # Panics
/// When a slice is not as long as its matrix; `operation` names the caller in the message.
#[track_caller]
pub fn check_lengths<T>(operation: &str, a: &[T], b: &[T], c: &[T], [m, k, n]: [usize; 3]) {
    for (name, slice, rows, columns) in [("a", a, m, k), ("b", b, k, n), ("c", c, m, n)] {
        if slice.len() != rows * columns {
            fail(
                operation,
                format_args!("{name} has {} elements, but shape [{rows}, {columns}]", slice.len()),
            );
        }
    }
}
