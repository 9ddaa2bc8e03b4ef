//! The product in use: the matrixmultiply crate, behind one function.

use std::cell::Cell;

use ch01_tensors::{DType, Float};

thread_local! {
    static IN_FALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside matrixmultiply, which packs its operands into memory of its own. A test that counts
/// the allocations of a training step leaves these out.
pub fn in_fallback() -> bool {
    IN_FALLBACK.get()
}

/// A matrix inside some storage: its first element and its two strides.
#[derive(Clone, Copy)]
pub(crate) struct Strided<P> {
    pub first: P,
    pub row: isize,
    pub col: isize,
}

/// `c = a b + beta c` for `a` of `[m, k]`, `b` of `[k, n]` and `c` of `[m, n]`.
///
/// # Safety
/// Every element of the three matrices must lie inside memory that may be read (for `c`: written, by nobody else).
pub(crate) unsafe fn gemm<T: Float>(
    [m, k, n]: [usize; 3],
    a: Strided<*const T>,
    b: Strided<*const T>,
    beta: T,
    c: Strided<*mut T>,
) {
    IN_FALLBACK.set(true);
    match T::DTYPE {
        // SAFETY: T is f32, and the caller vouches for the memory.
        DType::F32 => unsafe {
            let (a_first, b_first, c_first) = (a.first.cast(), b.first.cast(), c.first.cast());
            let beta = beta.to_f64() as f32;
            matrixmultiply::sgemm(
                m, k, n, 1.0, a_first, a.row, a.col, b_first, b.row, b.col, beta, c_first, c.row, c.col,
            );
        },
        // SAFETY: T is f64 (`Float` is implemented for f32 and f64 alone), and the caller vouches for the memory.
        _ => unsafe {
            debug_assert_eq!(T::DTYPE, DType::F64);
            let (a_first, b_first, c_first) = (a.first.cast(), b.first.cast(), c.first.cast());
            let beta = beta.to_f64();
            matrixmultiply::dgemm(
                m, k, n, 1.0, a_first, a.row, a.col, b_first, b.row, b.col, beta, c_first, c.row, c.col,
            );
        },
    }
    IN_FALLBACK.set(false);
}
