//! A product, or a batch of them, cut into tasks for the threads.
//!
//! A task is a rectangle of the result, or a part of the inner axis where the result is small and that axis long. The
//! same call must give the same bits on any number of threads, and floating-point sums depend on their order. So the inner
//! axis is cut by the sizes alone. Rectangles may depend on the threads: each element is summed in the same order
//! whichever rectangle it is in.

use ch01_tensors::{Array, Float, Shape};
use rayon::prelude::*;

use crate::kernel::{Kernel, gemm};
use crate::matvec::gemv;

/// `batch` products of `[m, k]` and `[k, n]`.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub batch: Shape,
    pub m: usize,
    pub k: usize,
    pub n: usize,
}

/// A matrix inside some storage: where its first element lies, and its two strides.
#[derive(Clone, Copy)]
pub(crate) struct Strided<'a, T> {
    pub storage: &'a [T],
    pub first: isize,
    pub row: isize,
    pub col: isize,
}

impl<'a, T: Copy> Strided<'a, T> {
    /// The matrix without its first `row` rows and `col` columns.
    #[inline(always)]
    pub fn from(mut self, row: usize, col: usize) -> Self {
        self.first += row as isize * self.row + col as isize * self.col;
        self
    }

    /// Its first element, by a pointer that may be used for the whole storage: strides can be negative.
    pub fn pointer(self) -> *const T {
        self.storage.as_ptr().wrapping_offset(self.first)
    }

    /// Whether all elements of a matrix of `[rows, cols]`, neither of which is 0, lie in the storage. The first and the last of
    /// them are where each axis has its first or its last index. In 128 bits nothing overflows before it is compared.
    pub fn fits(self, rows: usize, cols: usize) -> bool {
        let reach = |length: usize, step: isize| (length as i128 - 1) * step as i128;
        let (down, across, first) = (reach(rows, self.row), reach(cols, self.col), self.first as i128);
        let lowest = first.saturating_add(down.min(0)).saturating_add(across.min(0));
        let highest = first.saturating_add(down.max(0)).saturating_add(across.max(0));
        lowest >= 0 && highest < self.storage.len() as i128
    }

    /// The matrix with rows and columns swapped.
    #[inline(always)]
    pub fn t(self) -> Self {
        Strided { row: self.col, col: self.row, ..self }
    }

    #[inline(always)]
    pub fn at(self, row: usize, col: usize) -> T {
        self.storage[self.from(row, col).first as usize]
    }

    /// The first `length` elements of a row whose elements are neighbours.
    #[inline(always)]
    pub fn row(self, row: usize, length: usize) -> &'a [T] {
        debug_assert_eq!(self.col, 1);
        &self.storage[self.from(row, 0).first as usize..][..length]
    }
}

/// Rows and columns of a row-major result that one task writes: a mutable borrow that no slice can express.
pub(crate) struct Rectangle<T> {
    pub first: *mut T,
    pub rows: usize,
    pub cols: usize,
    /// From one row to the next.
    pub stride: usize,
}

impl<T> Rectangle<T> {
    /// The elements, if they lie in one piece.
    fn as_slice(&mut self) -> Option<&mut [T]> {
        let in_one_piece = self.rows == 1 || self.cols == self.stride;
        // SAFETY: nobody else borrows the rectangle's elements, and these are all of them, without gaps.
        in_one_piece.then(|| unsafe { std::slice::from_raw_parts_mut(self.first, self.rows * self.cols) })
    }
}

/// The start of the result, for other threads.
struct Start<T>(*mut T);

// SAFETY: only rectangles are made of it that do not overlap, one for each task.
unsafe impl<T: Send> Sync for Start<T> {}

impl<T> Start<T> {
    fn pointer(&self) -> *mut T {
        self.0
    }
}

/// Multiplications that are worth a thread's while: some tens of microseconds.
const TASK: usize = 1 << 22;
/// The most tasks of one product for a thread: enough that a thread which is done early takes over work, few enough that
/// each stays large.
const TASKS_PER_THREAD: usize = 4;
/// A task's sides are halved until here, to multiples of `STEP`.
const MIN_SIDE: usize = 64;
const STEP: usize = 16;
/// The length of a part of the inner axis, where that is cut, and the most parts.
const INNER: usize = 1024;
const MAX_PARTS: usize = 16;
/// Elements of the result whose parts are added in one piece.
const SUMMED: usize = 1 << 12;

/// The multiplications of `batch` products. With a vector, each waits for memory and counts for several.
fn work(batch: usize, [m, k, n]: [usize; 3]) -> usize {
    let weight = if m == 1 || n == 1 { 16 } else { 1 };
    [batch, m, k, n].into_iter().fold(weight, usize::saturating_mul)
}

// ANCHOR: task_size
/// The rows and columns of a task. The longer side is halved until there are enough tasks: those that are nearly square
/// read, and pack, the least of `a` and `b` for each multiplication. Both the tasks and their size grow with the square
/// root of the work: a large product can have large tasks and still enough of them. One thread needs only one.
fn task_size(threads: usize, batch: usize, [m, k, n]: [usize; 3]) -> [usize; 2] {
    let most = if threads == 1 { 1 } else { TASKS_PER_THREAD * threads };
    let wanted = (work(batch, [m, k, n]) / TASK).isqrt().min(most);
    let (mut rows, mut cols) = (m, n);
    while batch * m.div_ceil(rows) * n.div_ceil(cols) < wanted && rows.max(cols) > MIN_SIDE {
        let side = if rows >= cols { &mut rows } else { &mut cols };
        *side = side.div_ceil(2).next_multiple_of(STEP);
    }
    [rows, cols]
}
// ANCHOR_END: task_size

// ANCHOR: inner_parts
/// Into how many parts the inner axis is cut. The gradient of a weight has a small result and a long inner axis, all
/// tokens of a batch: rectangles of the result would each read, and pack, much of both operands again and again. Parts
/// of the inner axis read everything once; their results are added in order.
fn inner_parts(batch: usize, [m, k, n]: [usize; 3]) -> usize {
    let long = batch == 1 && m.min(n) > 1 && k >= 8 * m.max(n) && work(1, [m, k, n]) >= 2 * TASK;
    if long { (k / INNER).clamp(1, MAX_PARTS) } else { 1 }
}
// ANCHOR_END: inner_parts

/// `c = a b`, or `c += a b` if `add`, as a sum over parts of the inner axis.
fn multiply_in_parts<T: Float>(
    x: Strided<'_, T>,
    y: Strided<'_, T>,
    [m, k, n]: [usize; 3],
    parts: usize,
    add: bool,
    c: &mut [T],
) {
    let kernel = Kernel::in_use();
    assert_eq!(c.len(), m * n);
    let mut sums = Array::<T>::scratch([parts, m, n]);
    let length = k.div_ceil(parts);
    sums.data_mut().par_chunks_mut(m * n).enumerate().for_each(|(part, sum)| {
        let from = part * length;
        let mut sum = Rectangle { first: sum.as_mut_ptr(), rows: m, cols: n, stride: n };
        gemm(kernel, x.from(0, from), y.from(from, 0), length.min(k - from), false, &mut sum);
    });
    let sums = sums.data();
    c.par_chunks_mut(SUMMED).enumerate().for_each(|(chunk, c)| {
        for part in 0..parts {
            let sums = &sums[part * m * n + chunk * SUMMED..][..c.len()];
            if part == 0 && !add {
                c.copy_from_slice(sums);
            } else {
                c.iter_mut().zip(sums).for_each(|(c, &sum)| *c += sum);
            }
        }
    });
}

/// `c = a b`, or `c += a b` if `add`: `a` is `[batch.., m, k]`, `b` is `[batch.., k, n]`, `c` is `[batch.., m, n]` in
/// row-major order. No size is 0.
pub(crate) fn multiply<T: Float>(a: &Array<T>, b: &Array<T>, sizes: Sizes, add: bool, c: &mut [T]) {
    let [mut x, y] = [a, b].map(|array| {
        let [row, col] = [array.ndim() - 2, array.ndim() - 1].map(|axis| array.strides()[axis]);
        Strided { storage: array.storage(), first: array.offset() as isize, row, col }
    });
    let Sizes { batch, m, k, n } = merge_batch(a, b, sizes, &mut x);
    let parts = inner_parts(batch.size(), [m, k, n]);
    if parts > 1 {
        return multiply_in_parts(x, y, [m, k, n], parts, add, c);
    }
    let [rows, cols] = task_size(rayon::current_num_threads(), batch.size(), [m, k, n]);
    let (down, across) = (m.div_ceil(rows), n.div_ceil(cols));

    assert_eq!(c.len(), batch.size() * m * n);
    let start = Start(c.as_mut_ptr());
    let kernel = Kernel::in_use();
    let task = |number: usize| {
        let (item, part) = (number / (down * across), number % (down * across));
        let (i, j) = (part / across * rows, part % across * cols);
        let [mut x, mut y] = [x.from(i, 0), y.from(0, j)];
        let mut rest = item;
        for axis in (0..batch.len()).rev() {
            let index = (rest % batch[axis]) as isize;
            rest /= batch[axis];
            x.first += index * a.strides()[axis];
            y.first += index * b.strides()[axis];
        }
        // SAFETY: row i and column j of product `item` lie inside `c`, whose length was checked.
        let first = unsafe { start.pointer().add((item * m + i) * n + j) };
        let mut c = Rectangle { first, rows: rows.min(m - i), cols: cols.min(n - j), stride: n };
        // By the sizes of the whole: what is left over at an edge may be a single row as well.
        match (m, n, c.as_slice()) {
            (1, _, Some(c)) => gemv(y.t(), x.t(), k, add, c),
            (_, 1, Some(c)) => gemv(x, y, k, add, c),
            _ => gemm(kernel, x, y, k, add, &mut c),
        }
    };
    let tasks = batch.size() * down * across;
    // Tasks of a batch can be small: then a thread takes several.
    let together = (TASK / work(1, [rows, k, cols]).max(1)).max(1);
    if tasks < 2 * together {
        (0..tasks).for_each(task);
    } else {
        (0..tasks).into_par_iter().with_min_len(together).for_each(task);
    }
}

/// Batch axes along which `b` is the same and `a` goes on row after row are more rows of one larger product: `[32, 50, k]`
/// times one `[k, n]` is `[1600, k]` times it. Merges them, from the last axis on, as far as that goes.
fn merge_batch<T: Float>(a: &Array<T>, b: &Array<T>, mut sizes: Sizes, x: &mut Strided<'_, T>) -> Sizes {
    while let Some(last) = sizes.batch.len().checked_sub(1) {
        let (length, step) = (sizes.batch[last], a.strides()[last]);
        if length > 1 {
            let goes_on = sizes.m == 1 || step == sizes.m as isize * x.row;
            if b.strides()[last] != 0 || !goes_on {
                break;
            }
            if sizes.m == 1 {
                x.row = step;
            }
        }
        sizes.m *= length;
        sizes.batch = sizes.batch.without(last);
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_inner_axis_is_cut_and_no_part_is_empty() {
        assert_eq!(inner_parts(1, [128, 8192, 512]), 8, "the gradient of a weight");
        assert_eq!(inner_parts(1, [8192, 128, 512]), 1, "a forward product");
        assert_eq!(inner_parts(1, [1, 1 << 20, 20]), 1, "with a vector");
        assert_eq!(inner_parts(8, [128, 8192, 512]), 1, "a batch has tasks enough");
        for k in [21_000, 32_768, 32_769, 1 << 20] {
            let parts = inner_parts(1, [20, k, 20]);
            assert!(parts > 1 && (parts - 1) * k.div_ceil(parts) < k, "{k}: {parts} parts");
        }
    }

    #[test]
    fn a_matrix_fits_if_its_corners_do() {
        let storage = [0u8; 12];
        let at = |first, row, col| Strided { storage: &storage[..], first, row, col };
        assert!(at(0, 4, 1).fits(3, 4) && at(11, -4, -1).fits(3, 4) && at(3, 4, -1).fits(3, 4));
        assert!(at(11, 0, 0).fits(usize::MAX, usize::MAX), "one element, again and again");
        assert!(at(5, isize::MIN, 1).fits(1, 7), "a stride that is never stepped along");
        assert!(!at(0, 4, 1).fits(3, 5) && !at(1, 4, 1).fits(3, 4) && !at(0, 4, -1).fits(3, 4));
        // The first corner and the one across from it are inside, the other two are not.
        assert!(!at(4, -4, 4).fits(3, 3) && !at(4, 4, -4).fits(3, 3));
        assert!(!at(0, isize::MAX, 1).fits(usize::MAX, 1) && !at(0, isize::MIN, isize::MAX).fits(3, 3));
    }

    #[test]
    fn tasks_are_many_enough_and_not_too_small() {
        for (batch, sizes) in [
            (1, [1024, 1024, 1024]),
            (1, [4, 4096, 16384]),
            (1, [100_000, 64, 10]),
            (8, [512, 64, 512]),
            (1, [1, 1 << 15, 1 << 15]),
        ] {
            let [rows, cols] = task_size(8, batch, sizes);
            let tasks = batch * sizes[0].div_ceil(rows) * sizes[2].div_ceil(cols);
            assert!((4..=2 * 8 * TASKS_PER_THREAD).contains(&tasks), "{batch} x {sizes:?}: {tasks} tasks");
            assert!(
                work(1, [rows, sizes[1], cols]) >= TASK / 4,
                "{batch} x {sizes:?}: tasks of {rows} x {cols}"
            );
        }
        assert_eq!(task_size(8, 1, [64, 64, 64]), [64, 64], "a small product is one task");
        assert_eq!(task_size(8, 1, [20, 1 << 20, 20]), [20, 20]);
        assert_eq!(task_size(1, 1, [4096, 4096, 4096]), [4096, 4096], "one thread");
    }
}
