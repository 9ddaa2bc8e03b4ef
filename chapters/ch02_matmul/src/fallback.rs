//! The matrixmultiply crate, behind one function: for f64, for processors that have no kernel of ours, and as a yardstick.

use std::cell::Cell;

use ch01_tensors::{DType, Float};

use crate::task::{Rectangle, Strided};

thread_local! {
    static IN_FALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside matrixmultiply, which packs its operands into memory of its own. A test that counts
/// the allocations of a training step leaves these out.
pub fn in_fallback() -> bool {
    IN_FALLBACK.get()
}

/// While it lives, [`in_fallback`] is true; a panic drops it too.
struct Inside;

impl Inside {
    fn enter() -> Self {
        IN_FALLBACK.set(true);
        Inside
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        IN_FALLBACK.set(false);
    }
}

/// `c = a b`, or `c += a b` if `add`, for `a` of `[c.rows, k]` and `b` of `[k, c.cols]`; `k` is not 0. The caller has checked
/// that they fit.
pub(crate) fn gemm<T: Float>(
    a: Strided<'_, T>,
    b: Strided<'_, T>,
    k: usize,
    add: bool,
    c: &mut Rectangle<T>,
) {
    let (m, n) = (c.rows, c.cols);
    let (from_a, from_b, to) = (a.pointer(), b.pointer(), c.first);
    let stride = c.stride as isize;
    let _inside = Inside::enter();
    match T::DTYPE {
        // SAFETY: T is f32. `kernel::gemm` has seen to it that every element lies in its storage, and the rectangle is ours.
        DType::F32 => unsafe {
            let beta = f32::from(u8::from(add));
            let (x, y, z) = (from_a.cast(), from_b.cast(), to.cast());
            matrixmultiply::sgemm(m, k, n, 1.0, x, a.row, a.col, y, b.row, b.col, beta, z, stride, 1);
        },
        // SAFETY: T is f64 (`Float` is implemented for f32 and f64 alone); the rest as above.
        DType::F64 => unsafe {
            let beta = f64::from(u8::from(add));
            let (x, y, z) = (from_a.cast(), from_b.cast(), to.cast());
            matrixmultiply::dgemm(m, k, n, 1.0, x, a.row, a.col, y, b.row, b.col, beta, z, stride, 1);
        },
        other => unreachable!("no floats are {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_leaves_the_fallback() {
        assert!(!in_fallback());
        let panic = std::panic::catch_unwind(|| {
            let _inside = Inside::enter();
            assert!(in_fallback());
            panic!("on purpose");
        });
        assert!(panic.is_err() && !in_fallback());
    }
}
