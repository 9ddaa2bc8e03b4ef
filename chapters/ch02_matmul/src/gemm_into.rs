//! One product on one thread, of slices with strides: for callers that are parallel themselves, as convolution is over
//! images, and that have their matrices inside buffers of their own.

use ch01_tensors::{Float, fail};

use crate::fallback::gemm;
use crate::task::{Rectangle, Strided};

/// A matrix inside a slice: element `[i, j]` is `data[i * row + j * col]`.
#[derive(Clone, Copy)]
pub struct MatrixView<'a, T> {
    /// The numbers, from element `[0, 0]` on.
    pub data: &'a [T],
    /// The step from one row to the next.
    pub row: usize,
    /// The step from one column to the next.
    pub col: usize,
}

impl<'a, T> MatrixView<'a, T> {
    /// A matrix whose rows, of `cols` numbers, lie one behind the other.
    pub fn rows(data: &'a [T], cols: usize) -> Self {
        MatrixView { data, row: cols, col: 1 }
    }

    /// The matrix with rows and columns swapped.
    pub fn t(self) -> Self {
        MatrixView { row: self.col, col: self.row, ..self }
    }
}

/// `c = a b`, or `c += a b` if `add`, for `a` of `[m, k]`, `b` of `[k, n]` and row-major `c` of `[m, n]`, on the calling
/// thread. With `k = 0` the product is 0.
///
/// # Panics
/// When a slice is too short for its matrix.
#[track_caller]
pub fn gemm_into<T: Float>(
    a: MatrixView<'_, T>,
    b: MatrixView<'_, T>,
    c: &mut [T],
    [m, k, n]: [usize; 3],
    add: bool,
) {
    if c.len() != m * n {
        fail("gemm_into", format_args!("{} numbers for a product of [{m}, {n}]", c.len()));
    }
    if c.is_empty() || k == 0 {
        if !add {
            c.fill(T::ZERO);
        }
        return;
    }
    for (matrix, rows, cols) in [(a, m, k), (b, k, n)] {
        if (rows - 1) * matrix.row + (cols - 1) * matrix.col >= matrix.data.len() {
            let length = matrix.data.len();
            fail("gemm_into", format_args!("{length} numbers are too few for a matrix of [{rows}, {cols}]"));
        }
    }
    let [a, b] =
        [a, b].map(|x| Strided { storage: x.data, first: 0, row: x.row as isize, col: x.col as isize });
    gemm(a, b, k, add, &mut Rectangle { first: c.as_mut_ptr(), rows: m, cols: n, stride: n });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_slices() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, -1.0, 2.0, 0.5, 0.0, 3.0]);
        let mut c = [100.0; 4];
        gemm_into(MatrixView::rows(&a, 3), MatrixView::rows(&b, 2), &mut c, [2, 3, 2], false);
        assert_eq!(c, [5.0, 9.0, 14.0, 16.5]);
        gemm_into(MatrixView::rows(&a, 2).t(), MatrixView::rows(&b, 3).t(), &mut c, [2, 3, 2], true);
        assert_eq!(c, [13.0, 24.5, 24.0, 35.5]);
        gemm_into(MatrixView::rows(&a[..0], 0), MatrixView::rows(&b[..0], 2), &mut c, [2, 0, 2], true);
        assert_eq!(c[0], 13.0);
    }

    #[test]
    #[should_panic(expected = "gemm_into: 5 numbers are too few for a matrix of [2, 3]")]
    fn short_slices_are_refused() {
        gemm_into(
            MatrixView::rows(&[0.0; 5], 3),
            MatrixView::rows(&[0.0; 6], 2),
            &mut [0.0; 4],
            [2, 3, 2],
            false,
        );
    }
}
