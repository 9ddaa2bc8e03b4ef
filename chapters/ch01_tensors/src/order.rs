//! Order: sorting, the largest, the distinct.
//!
//! NaN counts as larger than every number (numpy and PyTorch agree), so it comes last in ascending order. Sorting
//! indices is stable: equal elements keep their order, and of several equal ones the first is found.

use std::cmp::Ordering;

use rayon::prelude::*;

use crate::element::is_nan;
use crate::fold::fold;
use crate::level::{Body, Level, at_level};
use crate::walk::{CHUNK, PARALLEL_MIN, each_line};
use crate::{Array, Element, axis_index, fail};

/// A total order: numbers by size, NaN after all of them and equal to itself.
fn order<T: Element>(x: T, y: T) -> Ordering {
    x.partial_cmp(&y).unwrap_or_else(|| is_nan(x).cmp(&is_nan(y)))
}

/// The order, or its reverse.
fn directed<T: Element>(descending: bool) -> impl Fn(T, T) -> Ordering + Sync {
    move |x, y| if descending { order(y, x) } else { order(x, y) }
}

/// The distinct elements of an array, from [`Array::unique`].
#[derive(Clone, Debug, PartialEq)]
pub struct Unique<T: Element> {
    /// The distinct elements, ascending; NaN counts once.
    pub values: Array<T>,
    /// How often each occurs.
    pub counts: Array<i64>,
    /// Where each occurs first, in row-major order.
    pub first: Array<i64>,
    /// In the array's shape: which of the values each element is.
    pub inverse: Array<i64>,
}

impl<T: Element> Array<T> {
    /// The elements sorted along an axis (`np.sort`, `torch.sort`).
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn sort(&self, axis: isize, descending: bool) -> Self {
        let axis = axis_index("sort", axis, self.ndim()) as isize;
        let mut lines = self.clone().move_axis(axis, -1).contiguous();
        let length = lines.dim(-1).max(1);
        let compare = directed(descending);
        let sort = |line: &mut [T]| line.sort_unstable_by(|&x, &y| compare(x, y));
        let data = lines.data_mut();
        if data.len() < PARALLEL_MIN {
            data.chunks_mut(length).for_each(sort);
        } else {
            data.par_chunks_mut(length).with_min_len((CHUNK / length).max(1)).for_each(sort);
        }
        lines.move_axis(-1, axis)
    }

    /// The indices that sort along an axis; equal elements keep their order (`np.argsort(kind="stable")`).
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn argsort(&self, axis: isize, descending: bool) -> Array<i64> {
        let axis = axis_index("argsort", axis, self.ndim()) as isize;
        let lines = self.clone().move_axis(axis, -1).contiguous();
        let compare = directed(descending);
        let mut result = Array::scratch(lines.shape);
        let length = lines.dim(-1);
        each_line(lines.data(), length, result.data_mut(), length, |line, out| {
            count_up(out);
            // The index decides between equals: stable, and without the memory that a stable sort takes.
            out.sort_unstable_by(|&i, &j| compare(line[i as usize], line[j as usize]).then(i.cmp(&j)));
        });
        result.move_axis(-1, axis)
    }

    /// The `k` largest elements along an axis, largest first, and their indices (`torch.topk`). Of equal elements the
    /// first is taken.
    ///
    /// # Panics
    /// When there is no such axis or it is shorter than `k`.
    #[track_caller]
    pub fn topk(&self, k: usize, axis: isize) -> (Self, Array<i64>) {
        let axis = axis_index("topk", axis, self.ndim());
        if k > self.shape[axis] {
            fail("topk", format_args!("axis {axis} of {:?} has fewer than {k} elements", self.shape));
        }
        let axis = axis as isize;
        let lines = self.clone().move_axis(axis, -1).contiguous();
        let mut indices = Array::scratch(lines.shape);
        let length = lines.dim(-1);
        each_line(lines.data(), length, indices.data_mut(), length, |line, out| {
            count_up(out);
            let larger = |&i: &i64, &j: &i64| order(line[j as usize], line[i as usize]).then(i.cmp(&j));
            // First bring the k largest to the front, in any order, then sort only those.
            if 0 < k && k < length {
                out.select_nth_unstable_by(k - 1, larger);
            }
            out[..k].sort_unstable_by(larger);
        });
        let indices = indices.slice((crate::Slice::Rest, ..k)).contiguous().move_axis(-1, axis);
        (self.gather(axis, &indices), indices)
    }

    /// The distinct elements of the whole array, ascending, with their counts and places (`np.unique`).
    pub fn unique(&self) -> Unique<T> {
        let elements = self.clone().flatten();
        let elements = elements.data();
        let by_value = self.clone().flatten().argsort(0, false);
        let by_value = by_value.data();
        let new = |at: usize| {
            let here = elements[by_value[at] as usize];
            at == 0 || order(elements[by_value[at - 1] as usize], here) != Ordering::Equal
        };
        let count = (0..by_value.len()).filter(|&at| new(at)).count();
        let mut values = Array::scratch([count]);
        let (mut counts, mut first) = (Array::full([count], 0), Array::full([count], 0));
        let mut inverse = Array::scratch(self.shape);
        {
            let (values, counts, first) = (values.data_mut(), counts.data_mut(), first.data_mut());
            let inverse = inverse.data_mut();
            let mut group = 0;
            for (at, &place) in by_value.iter().enumerate() {
                if new(at) {
                    group += usize::from(at > 0);
                    values[group] = elements[place as usize];
                    first[group] = place;
                }
                counts[group] += 1;
                inverse[place as usize] = group as i64;
            }
        }
        Unique { values, counts, first, inverse }
    }

    /// The index of the largest element along an axis; the first of equals, and the first NaN if there is one
    /// (`np.argmax`).
    ///
    /// # Panics
    /// When there is no such axis or it has no elements.
    #[track_caller]
    pub fn argmax(&self, axis: isize, keepdim: bool) -> Array<i64> {
        self.find("argmax", axis, keepdim, |x, best| x > best)
    }

    /// The index of the smallest element along an axis; the first of equals, and the first NaN if there is one
    /// (`np.argmin`).
    ///
    /// # Panics
    /// When there is no such axis or it has no elements.
    #[track_caller]
    pub fn argmin(&self, axis: isize, keepdim: bool) -> Array<i64> {
        self.find("argmin", axis, keepdim, |x, best| x < best)
    }

    /// The place of the largest element of the whole array, in row-major order (`np.argmax` without an axis).
    ///
    /// # Panics
    /// When there are no elements.
    #[track_caller]
    pub fn argmax_all(&self) -> usize {
        self.clone().flatten().argmax(0, false).item() as usize
    }

    /// The place of the smallest element of the whole array, in row-major order (`np.argmin` without an axis).
    ///
    /// # Panics
    /// When there are no elements.
    #[track_caller]
    pub fn argmin_all(&self) -> usize {
        self.clone().flatten().argmin(0, false).item() as usize
    }

    #[track_caller]
    fn find(
        &self,
        operation: &str,
        axis: isize,
        keepdim: bool,
        better: impl Fn(T, T) -> bool + Sync + Copy,
    ) -> Array<i64> {
        let axis = axis_index(operation, axis, self.ndim());
        if self.shape[axis] == 0 {
            fail(operation, format_args!("of no elements is not defined: axis {axis} of {:?}", self.shape));
        }
        let lines = self.clone().move_axis(axis as isize, -1).contiguous();
        let (mut result, level) = (Array::scratch(self.shape.without(axis)), Level::detect());
        each_line(lines.data(), self.shape[axis], result.data_mut(), 1, |line, out| {
            at_level(level, First { line, better, place: &mut out[0] });
        });
        if keepdim { result.unsqueeze(axis as isize) } else { result }
    }
}

/// Where the best element of a line is: the first of equals, and the first NaN if there is one. First the best element
/// is found, then its place: neither loop carries an index along, so both become vector code.
struct First<'a, T, F> {
    line: &'a [T],
    better: F,
    place: &'a mut i64,
}

impl<T: Element, F: Fn(T, T) -> bool + Copy> Body for First<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        let better = self.better;
        let choose = |x: T, y: T| if better(x, y) || is_nan(x) { x } else { y };
        let best = fold(self.line, self.line[0], |x| x, choose);
        // If the best is not NaN, none is.
        let found = |x: T| x == best || is_nan(x);
        // A `for` loop, and no `any` or `position`, is compiled for wide vectors with the rest.
        for (part, elements) in self.line.chunks(64).enumerate() {
            let mut here = false;
            for &x in elements {
                here |= found(x);
            }
            if here {
                let within = elements.iter().position(|&x| found(x)).unwrap_or(0);
                *self.place = (64 * part + within) as i64;
                return;
            }
        }
    }
}

fn count_up(out: &mut [i64]) {
    out.iter_mut().zip(0..).for_each(|(out, i)| *out = i);
}
