//! Elementwise loops, and sums and maxima of rows, compiled for the widest vectors of the processor at hand.
//!
//! [`at_level`] (chapter 1) compiles a loop three times, for SSE2, AVX2 and AVX-512, and runs the version that the
//! processor has. The arithmetic of an elementwise function is the same in all: no multiply-add is fused, so every
//! version gives the same bits.
//!
//! What is applied must be free of branches, and it must be inlined, or it is called once per element. A short closure
//! is. A long function is not, even if it is `#[inline(always)]`, because Rust passes it through a small function of its
//! own making. For long ones there are the traits [`Unary`] and [`Binary`]: an empty struct whose method is
//! `#[inline(always)]`.
//!
//! What is left over at the end of a row, fewer than sixteen elements, is copied to a full vector, worked on there, and
//! copied back. One at a time, they could take longer than all the vectors before them.

use ch01_tensors::fold::{across, fold, padded, unpadded};
pub use ch01_tensors::level::{Body, Level, at_level};
use ch01_tensors::{Array, Float, fail};
use rayon::prelude::*;

use crate::prefetch::{PIECE, prefetch};

/// Below this many elements, starting threads costs more than it brings.
const PARALLEL_MIN: usize = 1 << 16;
/// Elements per parallel task: fixed, so that results do not depend on the number of threads.
const CHUNK: usize = 1 << 14;
/// Elements that stay in the nearest cache from one loop to the next.
const CACHED: usize = 1 << 12;

/// A function of one number: a short `move` closure (what it captures is then in registers, not behind a pointer), or a type of its own with an `#[inline(always)]` method.
pub trait Unary<T>: Copy + Sync {
    /// The function at `x`.
    fn at(self, x: T) -> T;
}

/// A function of two numbers, the gradient from above and a value.
pub trait Binary<T>: Copy + Sync {
    /// The function at `g` and `x`.
    fn at(self, g: T, x: T) -> T;
}

/// What is done to rows of numbers, with the same rows of a second array. Several rows come at once, so that a loop over them
/// can be cut in steps: while one row waits for its sum, the processor works on the next.
pub trait Rows<T>: Copy + Sync {
    /// Changes `y`, at most [`TOGETHER`] rows of `length` elements; `x` is empty if there is no second array.
    fn rows(self, y: &mut [T], x: &[T], length: usize);
}

/// So many rows are worked on together.
pub const TOGETHER: usize = 16;

impl<T, F: Fn(T) -> T + Copy + Sync> Unary<T> for F {
    #[inline(always)]
    fn at(self, x: T) -> T {
        self(x)
    }
}

impl<T, F: Fn(T, T) -> T + Copy + Sync> Binary<T> for F {
    #[inline(always)]
    fn at(self, g: T, x: T) -> T {
        self(g, x)
    }
}

// ANCHOR: map
struct Map<'a, T, F> {
    x: &'a mut [T],
    /// Where the elements are read, if not in `x`.
    from: Option<&'a [T]>,
    f: F,
}

impl<T: Float, F: Unary<T>> Body for Map<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        match self.from {
            Some(from) => {
                for (x, from) in self.x.chunks_mut(PIECE).zip(from.chunks(PIECE)) {
                    prefetch(from);
                    write(x, from, self.f);
                }
            }
            None => {
                for x in self.x.chunks_mut(PIECE) {
                    prefetch(x);
                    update(x, self.f);
                }
            }
        }
    }
}

/// Replaces every element of a slice by `f` of it. For use in a [`Body`] or [`Rows`].
#[inline(always)]
pub fn update<T: Float>(x: &mut [T], f: impl Unary<T>) {
    let (groups, rest) = x.as_chunks_mut::<16>();
    for x in groups.as_flattened_mut() {
        *x = f.at(*x);
    }
    if !rest.is_empty() {
        let mut last = padded(rest, T::ZERO);
        for x in &mut last {
            *x = f.at(*x);
        }
        unpadded(&last, rest);
    }
}

/// Writes `f` of every element of a slice to another of the same length. For use in a [`Body`] or [`Rows`].
#[inline(always)]
pub fn write<T: Float>(out: &mut [T], x: &[T], f: impl Unary<T>) {
    let ((groups, rest), (x_groups, x_rest)) = (out.as_chunks_mut::<16>(), x.as_chunks::<16>());
    for (out, &x) in groups.as_flattened_mut().iter_mut().zip(x_groups.as_flattened()) {
        *out = f.at(x);
    }
    if !rest.is_empty() {
        let mut last = padded(x_rest, T::ZERO);
        for x in &mut last {
            *x = f.at(*x);
        }
        unpadded(&last, rest);
    }
}

/// Replaces every element of a slice by `f` of it.
pub fn map_slice<T: Float>(level: Level, x: &mut [T], f: impl Unary<T>) {
    at_level(level, Map { x, from: None, f });
}

/// `f` of every element. Works in place if nobody else holds the array.
pub fn map<T: Float>(mut x: Array<T>, f: impl Unary<T>) -> Array<T> {
    let level = Level::detect();
    in_place(&mut x, 1, |_, x, from| at_level(level, Map { x, from, f }));
    x
}
// ANCHOR_END: map

/// Gives `work` the array in parts of whole rows of `length` elements, on several threads if there are many: where a part
/// begins, and its elements. If others hold the array too, it gets memory of its own, and `work` gets as well what is to be
/// read instead of the part, which holds anything.
fn in_place<T: Float>(x: &mut Array<T>, length: usize, work: impl Fn(usize, &mut [T], Option<&[T]>) + Sync) {
    let shared = if x.is_contiguous() && !x.is_empty() && x.is_shared() { Some(x.clone()) } else { None };
    if shared.is_some() {
        *x = Array::scratch(*x.shape());
    }
    let from = shared.as_ref().map(Array::data);
    let data = x.data_mut();
    let some = |(part, x): (usize, &mut [T]), size: usize| {
        let cached = CACHED.div_ceil(length) * length;
        for (i, x) in x.chunks_mut(cached).enumerate() {
            let begin = part * size + i * cached;
            let from = from.map(|from| &from[begin..][..x.len()]);
            work(begin, x, from);
        }
    };
    if data.len() < PARALLEL_MIN {
        some((0, data), 0);
    } else {
        let size = CHUNK.div_ceil(length) * length;
        data.par_chunks_mut(size).enumerate().for_each(|part| some(part, size));
    }
}

struct Zip<'a, T, F> {
    grad: &'a mut [T],
    /// Where the gradients are read, if not in `grad`.
    from: Option<&'a [T]>,
    x: &'a [T],
    f: F,
}

impl<T: Float, F: Binary<T>> Body for Zip<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        match self.from {
            Some(from) => {
                let inputs = from.chunks(PIECE).zip(self.x.chunks(PIECE));
                for (out, (from, x)) in self.grad.chunks_mut(PIECE).zip(inputs) {
                    prefetch(from);
                    prefetch(x);
                    write_with(out, from, x, self.f);
                }
            }
            None => {
                for (grad, x) in self.grad.chunks_mut(PIECE).zip(self.x.chunks(PIECE)) {
                    prefetch(grad);
                    prefetch(x);
                    update_with(grad, x, self.f);
                }
            }
        }
    }
}

/// Writes `f(g, x)` of every pair of elements of two slices to a third, all of the same length.
#[inline(always)]
fn write_with<T: Float>(out: &mut [T], grad: &[T], x: &[T], f: impl Binary<T>) {
    let (groups, rest) = out.as_chunks_mut::<16>();
    let ((g_groups, g_rest), (x_groups, x_rest)) = (grad.as_chunks::<16>(), x.as_chunks::<16>());
    let pairs = g_groups.as_flattened().iter().zip(x_groups.as_flattened());
    for (out, (&g, &x)) in groups.as_flattened_mut().iter_mut().zip(pairs) {
        *out = f.at(g, x);
    }
    if !rest.is_empty() {
        let (mut last, x_last) = (padded(g_rest, T::ZERO), padded(x_rest, T::ZERO));
        for (g, &x) in last.iter_mut().zip(&x_last) {
            *g = f.at(*g, x);
        }
        unpadded(&last, rest);
    }
}

/// Replaces every element `g` of a slice by `f(g, x)`, with the element `x` of a slice of the same length. For use in a
/// [`Body`] or [`Rows`].
#[inline(always)]
pub fn update_with<T: Float>(grad: &mut [T], x: &[T], f: impl Binary<T>) {
    let (groups, rest) = grad.as_chunks_mut::<16>();
    let (x_groups, x_rest) = x.as_chunks::<16>();
    for (g, &x) in groups.as_flattened_mut().iter_mut().zip(x_groups.as_flattened()) {
        *g = f.at(*g, x);
    }
    if !rest.is_empty() {
        let (mut last, x_last) = (padded(rest, T::ZERO), padded(x_rest, T::ZERO));
        for (g, &x) in last.iter_mut().zip(&x_last) {
            *g = f.at(*g, x);
        }
        unpadded(&last, rest);
    }
}

/// `f(g, x)` of every pair of elements of two arrays of the same shape; `operation` names the caller. Works in place
/// in `grad` if nobody else holds it.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn zip<T: Float>(operation: &str, mut grad: Array<T>, x: &Array<T>, f: impl Binary<T>) -> Array<T> {
    same_shape(operation, &grad, x);
    let level = Level::detect();
    let x = x.clone().contiguous();
    let x = x.data();
    in_place(&mut grad, 1, |begin, grad, from| {
        let x = &x[begin..][..grad.len()];
        at_level(level, Zip { grad, from, x, f });
    });
    grad
}

struct EachRow<'a, T, F> {
    y: &'a mut [T],
    x: Option<&'a [T]>,
    length: usize,
    f: F,
}

impl<T: Float, F: Rows<T>> Body for EachRow<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        // Loops, and no `for_each`: that is a function of its own, which would not be compiled for wide vectors.
        let some = TOGETHER * self.length;
        match self.x {
            Some(x) => {
                for (y, x) in self.y.chunks_mut(some).zip(x.chunks(some)) {
                    self.f.rows(y, x, self.length);
                }
            }
            None => {
                for y in self.y.chunks_mut(some) {
                    self.f.rows(y, &[], self.length);
                }
            }
        }
    }
}

/// Hands `f` the rows of `length` elements of `y`, with the same rows of `x`, or an empty slice if there is no `x`.
///
/// # Panics
/// When the arrays differ in size.
pub fn each_row<T: Float>(y: &mut Array<T>, x: Option<&[T]>, length: usize, f: impl Rows<T>) {
    assert!(x.is_none_or(|x| x.len() == y.size()), "rows: arrays of different sizes");
    let level = Level::detect();
    in_place(y, length.max(1), |begin, y, from| {
        let x = x.map(|x| &x[begin..][..y.len()]);
        // A part fits the nearest cache: it is copied, and then read again and again.
        if let Some(from) = from {
            y.copy_from_slice(from);
        }
        at_level(level, EachRow { y, x, length, f });
    });
}

/// The sum of `f` of the elements, in lanes side by side, always in the same order.
#[inline(always)]
pub fn sum<T: Float>(x: &[T], f: impl Fn(T) -> T + Copy) -> T {
    fold(x, T::ZERO, f, |sum, x| sum + x)
}

/// The sum of `f` of the elements, for an `f` that is too long for a closure.
#[inline(always)]
pub fn sum_of<T: Float>(x: &[T], f: impl Unary<T>) -> T {
    let mut total = T::ZERO;
    let mut values = [T::ZERO; PART];
    for part in x.chunks(PART) {
        let values = &mut values[..part.len()];
        write(values, part, f);
        total += sum(values, |x| x);
    }
    total
}

/// Elements whose values are kept between two loops: a few vectors.
const PART: usize = 256;

/// The sum of the products of the elements of two slices of the same length, in the same order as [`sum`].
#[inline(always)]
pub fn dot<T: Float>(x: &[T], y: &[T]) -> T {
    let [mut a, mut b, mut c, mut d] = [[T::ZERO; 16]; 4];
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<16>(), y.as_chunks::<16>());
    let ((x, x_last), (y, y_last)) = (x.as_chunks::<4>(), y.as_chunks::<4>());
    for (x, y) in x.iter().zip(y) {
        add_products(&mut a, &x[0], &y[0]);
        add_products(&mut b, &x[1], &y[1]);
        add_products(&mut c, &x[2], &y[2]);
        add_products(&mut d, &x[3], &y[3]);
    }
    for (x, y) in x_last.iter().zip(y_last) {
        add_products(&mut a, x, y);
    }
    if !x_rest.is_empty() {
        add_products(&mut b, &padded(x_rest, T::ZERO), &padded(y_rest, T::ZERO));
    }
    for i in 0..16 {
        a[i] = (a[i] + b[i]) + (c[i] + d[i]);
    }
    across(a, |sum, x| sum + x)
}

#[inline(always)]
fn add_products<T: Float>(lanes: &mut [T; 16], x: &[T; 16], y: &[T; 16]) {
    for i in 0..16 {
        lanes[i] += x[i] * y[i];
    }
}

/// The largest element; -inf for none. NaN is passed over.
#[inline(always)]
pub fn max<T: Float>(x: &[T]) -> T {
    fold(x, T::LOWEST, |x| x, |a, b| if b > a { b } else { a })
}

/// Fails unless the gradient has the shape of the values it belongs to.
#[track_caller]
pub fn same_shape<T: Float>(operation: &str, grad: &Array<T>, x: &Array<T>) {
    if grad.shape() != x.shape() {
        fail(
            operation,
            format_args!("a gradient of shape {:?} for values of shape {:?}", grad.shape(), x.shape()),
        );
    }
}
