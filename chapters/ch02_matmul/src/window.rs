//! The product on parts of slices, for code that cuts its own tasks: attention and convolution multiply many small
//! matrices that lie inside larger arrays, and do other work on each result while it is in the cache.
//!
//! `gemm_into` runs on the calling thread alone.

use std::marker::PhantomData;

use ch01_tensors::{Float, fail};

use crate::kernel::{Kernel, gemm};
use crate::task::{Rectangle, Strided};

/// A matrix inside a slice: element `[i, j]` is `data[i * row + j * col]`.
#[derive(Clone, Copy)]
pub struct Window<'a, T> {
    data: &'a [T],
    rows: usize,
    cols: usize,
    row: usize,
    col: usize,
}

impl<'a, T> Window<'a, T> {
    /// The matrix of `[rows, cols]` with the strides `[row, col]`.
    ///
    /// # Panics
    /// When it does not fit in the slice.
    #[track_caller]
    pub fn new(data: &'a [T], [rows, cols]: [usize; 2], [row, col]: [usize; 2]) -> Self {
        check(data.len(), [rows, cols], [row, col]);
        // An axis of length 1 is not stepped along, and its stride may be any number: a small one will do.
        Window { data, rows, cols, row: row.min(data.len()), col: col.min(data.len()) }
    }

    /// The same matrix with rows and columns swapped.
    pub fn t(self) -> Self {
        Window { rows: self.cols, cols: self.rows, row: self.col, col: self.row, ..self }
    }
}

/// A matrix inside a slice, for writing; its rows lie in one piece. Element `[i, j]` is `data[i * row + j]`.
pub struct WindowMut<'a, T> {
    first: *mut T,
    rows: usize,
    cols: usize,
    row: usize,
    borrowed: PhantomData<&'a mut T>,
}

impl<'a, T> WindowMut<'a, T> {
    /// The matrix of `[rows, cols]` with `row` elements from one row to the next.
    ///
    /// # Panics
    /// When it does not fit in the slice, or its rows overlap.
    #[track_caller]
    pub fn new(data: &'a mut [T], [rows, cols]: [usize; 2], row: usize) -> Self {
        check(data.len(), [rows, cols], [row, 1]);
        if rows > 1 && row < cols {
            fail("WindowMut", format_args!("rows of {cols} elements overlap: they begin {row} apart"));
        }
        // As above, for a single row.
        let row = row.min(data.len());
        WindowMut { first: data.as_mut_ptr(), rows, cols, row, borrowed: PhantomData }
    }

    /// As [`new`](WindowMut::new), from a pointer to the first element: for windows side by side, whose slices would
    /// overlap.
    ///
    /// # Safety
    /// The `cols` elements from `first + i * row` on, for all `i < rows`, are valid, and for `'a` nobody else reads or
    /// writes them.
    pub unsafe fn from_raw(first: *mut T, [rows, cols]: [usize; 2], row: usize) -> Self {
        WindowMut { first, rows, cols, row, borrowed: PhantomData }
    }
}

#[track_caller]
fn check(length: usize, [rows, cols]: [usize; 2], [row, col]: [usize; 2]) {
    if rows == 0 || cols == 0 {
        return;
    }
    // The place of the last element; none if no usize can say it, where a plain product would begin
    // again at 0.
    let [down, across] = [(rows - 1).checked_mul(row), (cols - 1).checked_mul(col)];
    let last = down.zip(across).and_then(|(down, across)| down.checked_add(across));
    if last.is_none_or(|last| last >= length) {
        let rule =
            format_args!("[{rows}, {cols}] with strides [{row}, {col}] does not fit in {length} elements");
        fail("Window", rule);
    }
}

/// `c = a b`, or `c += a b` if `add`, on this thread. With an inner size of 0 the product is 0.
///
/// # Panics
/// When the sizes do not fit.
#[track_caller]
pub fn gemm_into<'a, T: Float>(a: Window<'a, T>, b: Window<'a, T>, add: bool, c: &mut WindowMut<'_, T>) {
    if a.cols != b.rows || a.rows != c.rows || b.cols != c.cols {
        let [x, y, z] = [[a.rows, a.cols], [b.rows, b.cols], [c.rows, c.cols]];
        fail("gemm_into", format_args!("sizes differ: {x:?} x {y:?} -> {z:?}"));
    }
    if c.rows == 0 || c.cols == 0 {
        return;
    }
    if a.cols == 0 {
        if !add {
            for i in 0..c.rows {
                // SAFETY: the row lies inside the window, which is ours.
                unsafe { std::slice::from_raw_parts_mut(c.first.add(i * c.row), c.cols) }.fill(T::ZERO);
            }
        }
        return;
    }
    let strided =
        |x: Window<'a, T>| Strided { storage: x.data, first: 0, row: x.row as isize, col: x.col as isize };
    let mut rectangle = Rectangle { first: c.first, rows: c.rows, cols: c.cols, stride: c.row };
    gemm(Kernel::in_use(), strided(a), strided(b), a.cols, add, &mut rectangle);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive;

    #[test]
    fn windows_multiply_as_whole_matrices_do() {
        // [3, 2] x [2, 4] inside larger slices, the right one transposed; the result has gaps that stay as they were.
        let a: Vec<f64> = (0..3 * 5).map(|i| i as f64).collect();
        let b: Vec<f64> = (0..4 * 3).map(|i| (i * i % 7) as f64).collect();
        let (x, y) = (Window::new(&a, [3, 2], [5, 1]), Window::new(&b, [4, 2], [3, 1]).t());
        let whole_a: Vec<f64> = (0..6).map(|i| a[i / 2 * 5 + i % 2]).collect();
        let whole_b: Vec<f64> = (0..8).map(|i| b[i % 4 * 3 + i / 4]).collect();
        let mut expected = vec![0.0; 12];
        naive(&whole_a, &whole_b, &mut expected, [3, 2, 4]);
        let mut c = vec![-1.0; 3 * 6];
        for (add, times) in [(false, 1.0), (true, 2.0)] {
            gemm_into(x, y, add, &mut WindowMut::new(&mut c, [3, 4], 6));
            for i in 0..3 {
                for j in 0..6 {
                    let want = if j < 4 { times * expected[i * 4 + j] } else { -1.0 };
                    assert_eq!(c[i * 6 + j], want, "row {i}, column {j}");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "gemm_into: sizes differ: [2, 3] x [2, 3] -> [2, 3]")]
    fn inner_sizes_must_agree() {
        let (a, mut c) = ([0.0; 6], [0.0; 6]);
        let x = Window::new(&a, [2, 3], [3, 1]);
        gemm_into(x, x, false, &mut WindowMut::new(&mut c, [2, 3], 3));
    }

    #[test]
    #[should_panic(expected = "Window: [2, 3] with strides [4, 1] does not fit in 6 elements")]
    fn a_window_must_fit() {
        Window::new(&[0.0; 6], [2, 3], [4, 1]);
    }

    #[test]
    fn a_window_beyond_all_addresses_does_not_fit() {
        // Twice half of all addresses is 0 in a usize: the last row would seem to be the first.
        let half = usize::MAX / 2 + 1;
        for (sizes, strides) in [([3, 2], [half, 1]), ([2, 3], [1, half]), ([2, 2], [usize::MAX, 1])] {
            let make = || {
                _ = Window::new(&[0.0; 4], sizes, strides);
            };
            let panic = std::panic::catch_unwind(make).expect_err("must be refused");
            let message = panic.downcast::<String>().expect("a text");
            assert!(message.ends_with("does not fit in 4 elements"), "{message}");
        }
    }

    #[test]
    fn the_stride_of_a_single_row_does_not_matter() {
        let (a, b, mut c) = ([2.0f32; 3], [1.0f32; 3 * 40], [0.0f32; 40]);
        let far = isize::MAX as usize;
        let (x, y) = (Window::new(&a, [1, 3], [far, 1]), Window::new(&b, [3, 40], [40, 1]));
        gemm_into(x, y, false, &mut WindowMut::new(&mut c, [1, 40], far));
        assert_eq!(c, [6.0; 40]);
    }

    #[test]
    fn an_empty_inner_axis_gives_zeros() {
        let (a, mut c) = ([0.0f32; 0], [5.0f32; 6]);
        let (x, y) = (Window::new(&a, [2, 0], [0, 1]), Window::new(&a, [0, 2], [2, 1]));
        gemm_into(x, y, false, &mut WindowMut::new(&mut c, [2, 2], 3));
        assert_eq!(c, [0.0, 0.0, 5.0, 0.0, 0.0, 5.0]);
    }
}
