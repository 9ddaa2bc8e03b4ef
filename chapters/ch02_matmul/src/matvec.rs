//! A matrix times a vector, and the dot product.
//!
//! Every element of the matrix is used once, so the time goes into reading it, and packing it first, as products of
//! matrices do, would double the work. What matters is to read memory in the order in which it lies.

use ch01_tensors::level::{Body, Level, at_level};
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
/// Rows, or columns, of the matrix that are worked on together.
const TOGETHER: usize = 4;

/// The dot product of a row and `x`. The order of the sum depends on the length alone.
#[inline(always)]
fn dot_slices<T: Float>(row: &[T], x: &[T]) -> T {
    let mut lanes = [T::ZERO; LANES];
    let (groups, rest) = row.as_chunks();
    let (groups_x, rest_x) = x.as_chunks();
    groups.iter().zip(groups_x).for_each(|(row, x)| add_products(&mut lanes, row, x));
    lanes.iter_mut().zip(rest).zip(rest_x).for_each(|((lane, &a), &x)| *lane += a * x);
    sum_in_pairs(lanes)
}

/// The same for four rows of `x`'s length: each number of `x` is loaded once, and four sums do not wait for each other.
#[inline(always)]
fn four_dots<T: Float>(rows: [&[T]; TOGETHER], x: &[T]) -> [T; TOGETHER] {
    let [mut a, mut b, mut c, mut d] = [[T::ZERO; LANES]; TOGETHER];
    let (groups, rest) = x.as_chunks();
    let [row_a, row_b, row_c, row_d] = rows.map(|row| row.as_chunks().0);
    let row_groups = row_a.iter().zip(row_b).zip(row_c.iter().zip(row_d));
    for (x, ((row_a, row_b), (row_c, row_d))) in groups.iter().zip(row_groups) {
        add_products(&mut a, row_a, x);
        add_products(&mut b, row_b, x);
        add_products(&mut c, row_c, x);
        add_products(&mut d, row_d, x);
    }
    let mut sums = [a, b, c, d];
    for (lanes, row) in sums.iter_mut().zip(rows) {
        let row = &row[x.len() - rest.len()..];
        lanes.iter_mut().zip(row).zip(rest).for_each(|((lane, &a), &x)| *lane += a * x);
    }
    sums.map(sum_in_pairs)
}

#[inline(always)]
fn add_products<T: Float>(lanes: &mut [T; LANES], a: &[T; LANES], x: &[T; LANES]) {
    for lane in 0..LANES {
        lanes[lane] += a[lane] * x[lane];
    }
}

/// Pairs, pairs of pairs, ...: the rounding error grows with the logarithm of the number of lanes.
#[inline(always)]
fn sum_in_pairs<T: Float>(mut lanes: [T; LANES]) -> T {
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

/// Adds `a x` to `c`, where rows of `a` lie in one piece: a dot product for each.
struct ByRows<'a, T> {
    a: Strided<'a, T>,
    x: &'a [T],
    c: &'a mut [T],
}

impl<T: Float> Body for ByRows<'_, T> {
    #[inline(always)]
    fn run(self) {
        let row = |i| self.a.row(i, self.x.len());
        let (groups, rest) = self.c.as_chunks_mut::<TOGETHER>();
        let first = TOGETHER * groups.len();
        for (group, c) in groups.iter_mut().enumerate() {
            let sums = four_dots(std::array::from_fn(|r| row(TOGETHER * group + r)), self.x);
            c.iter_mut().zip(sums).for_each(|(c, sum)| *c += sum);
        }
        for (r, c) in rest.iter_mut().enumerate() {
            *c += dot_slices(row(first + r), self.x);
        }
    }
}

/// Adds `a x` to `c`, where columns of `a` lie in one piece: their sum, each times its factor.
struct ByColumns<'a, T> {
    a: Strided<'a, T>,
    x: Strided<'a, T>,
    k: usize,
    c: &'a mut [T],
}

impl<T: Float> Body for ByColumns<'_, T> {
    #[inline(always)]
    fn run(self) {
        let length = self.c.len();
        let column = |p| (self.x.at(p, 0), self.a.t().row(p, length));
        let whole = self.k / TOGETHER * TOGETHER;
        for p in (0..whole).step_by(TOGETHER) {
            let columns: [_; TOGETHER] = std::array::from_fn(|q| column(p + q));
            let [(x_0, col_0), (x_1, col_1), (x_2, col_2), (x_3, col_3)] = columns;
            let numbers = col_0.iter().zip(col_1).zip(col_2.iter().zip(col_3));
            for (c, ((&a_0, &a_1), (&a_2, &a_3))) in self.c.iter_mut().zip(numbers) {
                *c = *c + x_0 * a_0 + x_1 * a_1 + x_2 * a_2 + x_3 * a_3;
            }
        }
        for (factor, a) in (whole..self.k).map(column) {
            self.c.iter_mut().zip(a).for_each(|(c, &a)| *c += factor * a);
        }
    }
}

/// `c = a x`, or `c += a x` if `add`, for `a` of `[c.len(), k]` and a column `x` of length `k`.
pub(crate) fn gemv<T: Float>(a: Strided<'_, T>, x: Strided<'_, T>, k: usize, add: bool, c: &mut [T]) {
    if !add {
        c.fill(T::ZERO);
    }
    if a.col == 1 && x.row == 1 {
        at_level(Level::detect(), ByRows { a, x: x.t().row(0, k), c });
    } else if a.row == 1 {
        at_level(Level::detect(), ByColumns { a, x, k, c });
    } else {
        for (i, c) in c.iter_mut().enumerate() {
            (0..k).for_each(|p| *c += a.at(i, p) * x.at(p, 0));
        }
    }
}

#[cfg(test)]
mod tests {
    use ch01_tensors::{Rng, Tensor};

    use super::*;

    #[test]
    fn the_same_bits_at_every_level_and_alignment() {
        let mut rng = Rng::new(8, "levels");
        let mut draw = |length: usize| Tensor::uniform([length], -1.0, 1.0, &mut rng).to_vec();
        for (m, k, first) in [(1, 1, 0), (5, 17, 1), (4, 64, 3), (7, 83, 2), (70, 3, 5), (2, 0, 1)] {
            let (a, x) = (draw(first + m * k), draw(first + k));
            let start = first as isize;
            let by_rows = Strided { storage: &a[..], first: start, row: k as isize, col: 1 };
            let by_columns = Strided { storage: &a[..], first: start, row: 1, col: m as isize };
            let column = Strided { storage: &x[..], first: start, row: 1, col: 1 };
            let run = |level| {
                let mut c = [vec![1.0; m], vec![1.0; m]];
                let [of_rows, of_columns] = &mut c;
                at_level(level, ByRows { a: by_rows, x: &x[first..], c: of_rows });
                at_level(level, ByColumns { a: by_columns, x: column, k, c: of_columns });
                c
            };
            let want: [Vec<f32>; 2] = run(Level::Portable);
            for level in Level::all() {
                assert!(run(level) == want, "[{m}, {k}] from {first} on, {level:?}");
            }
            // Sums of k products of numbers below 1 and of 1, rounded up to 2 k times.
            let bound = (2 * k * (k + 1)) as f64 * 2f64.powi(-24);
            for (matrix, got) in [by_rows, by_columns].into_iter().zip(&want) {
                for (i, &got) in got.iter().enumerate() {
                    let products = (0..k).map(|p| f64::from(matrix.at(i, p)) * f64::from(x[first + p]));
                    let want = 1.0 + products.sum::<f64>();
                    assert!((f64::from(got) - want).abs() <= bound, "[{m}, {k}], row {i}: {got} for {want}");
                }
            }
        }
    }
}
