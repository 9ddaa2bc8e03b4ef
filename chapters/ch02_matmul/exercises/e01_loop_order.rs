//! The second rung: the same multiplications in the order i, p, j.
//!
//! Row `i` of the product is a sum of rows of `b`: `c[i, :] = sum_p a[i, p] b[p, :]`. With `j` innermost, the loop walks
//! along one row of `b` and one row of `c`. Every element it touches is the neighbour of the last one, so a cache line
//! is used to its end, the processor fetches ahead, and the compiler turns the loop into vector instructions.

use std::ops::{AddAssign, Mul};

use ch02_matmul::check_lengths;

/// `c += a b` in the order i, p, j, for row-major `a` of `[m, k]`, `b` of `[k, n]` and `c` of `[m, n]`.
///
/// # Panics
/// When a slice is not as long as its matrix.
#[track_caller]
pub fn loop_order<T>(a: &[T], b: &[T], c: &mut [T], [m, k, n]: [usize; 3])
where
    T: Copy + Mul<Output = T> + AddAssign,
{
    check_lengths("loop_order", a, b, c, [m, k, n]);
    // Yours: For every row i of `a` and every p, add a[i, p] times row p of `b` to row i of `c`. The innermost
    // loop runs over j, along the rows.
    todo!()
}
