//! Elementwise loops compiled for the widest vectors of the processor at hand.
//!
//! A compiler turns a plain loop over slices into vector code if its body has no branches and no calls. But a program
//! that has to run anywhere is compiled for the oldest processor: four `f32` at a time on x86-64. So each loop here is
//! compiled three times, for SSE2, AVX2 and AVX-512, and the version to run is chosen when the program runs. On other
//! architectures there is only the portable one. The arithmetic is the same in all: no multiply-add is fused, so every
//! version gives the same bits.
//!
//! What is applied must be free of branches, and it must be inlined, or it is called once per element. A short closure
//! is. A long function is not, even if it is `#[inline(always)]`, because Rust passes it through a small function of its
//! own making. For long ones there are the traits [`Unary`] and [`Binary`]: an empty struct whose method is
//! `#[inline(always)]`.

use ch01_tensors::{Array, Float, fail};
use rayon::prelude::*;

/// Below this many elements, starting threads costs more than it brings.
const PARALLEL_MIN: usize = 1 << 16;
/// Elements per parallel task: fixed, so that results do not depend on the number of threads.
const CHUNK: usize = 1 << 14;

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

/// What is done to a row of numbers, with the same row of a second array.
pub trait Row<T>: Copy + Sync {
    /// Changes `y`; `x` is empty if there is no second array.
    fn row(self, y: &mut [T], x: &[T]);
}

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

/// Which version of a loop to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What every processor of the architecture has.
    Portable,
    /// 256-bit vectors.
    Avx2,
    /// 512-bit vectors.
    Avx512,
}

impl Level {
    /// The best level of this processor (the standard library asks the processor once and remembers).
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx512f") {
                return Level::Avx512;
            }
            if std::arch::is_x86_feature_detected!("avx2") {
                return Level::Avx2;
            }
        }
        Level::Portable
    }

    /// All levels that this processor has.
    pub fn all() -> impl Iterator<Item = Self> {
        [Level::Portable, Level::Avx2, Level::Avx512].into_iter().filter(|&level| level <= Level::detect())
    }
}

impl PartialOrd for Level {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (*self as u8).partial_cmp(&(*other as u8))
    }
}

/// A loop with its data. `run` must be `#[inline(always)]`, and so must be what it calls, or a version of it that knows
/// nothing of wide vectors is called. (That is why this is not a closure: nothing makes the compiler inline one.)
pub trait Body {
    /// Runs the loop.
    fn run(self);
}

// ANCHOR: multiversion
/// Runs `body`, compiled for `level`.
///
/// # Panics
/// When the processor does not have the level.
pub fn at_level(level: Level, body: impl Body) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn avx2(body: impl Body) {
            body.run();
        }
        #[target_feature(enable = "avx512f")]
        fn avx512(body: impl Body) {
            body.run();
        }
        assert!(level <= Level::detect(), "this processor has no {level:?}");
        match level {
            Level::Portable => body.run(),
            // SAFETY: the assertion above: the processor has these instructions.
            Level::Avx2 => unsafe { avx2(body) },
            // SAFETY: as above.
            Level::Avx512 => unsafe { avx512(body) },
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        assert_eq!(level, Level::Portable, "this processor has no {level:?}");
        body.run();
    }
}
// ANCHOR_END: multiversion

// ANCHOR: map
struct Map<'a, T, F> {
    x: &'a mut [T],
    f: F,
}

impl<T: Float, F: Unary<T>> Body for Map<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        for x in self.x {
            *x = self.f.at(*x);
        }
    }
}

/// Replaces every element of a slice by `f` of it.
pub fn map_slice<T: Float>(level: Level, x: &mut [T], f: impl Unary<T>) {
    at_level(level, Map { x, f });
}

/// `f` of every element. Works in place if nobody else holds the array.
pub fn map<T: Float>(mut x: Array<T>, f: impl Unary<T>) -> Array<T> {
    let level = Level::detect();
    let data = x.data_mut();
    if data.len() < PARALLEL_MIN {
        map_slice(level, data, f);
    } else {
        data.par_chunks_mut(CHUNK).for_each(|part| map_slice(level, part, f));
    }
    x
}
// ANCHOR_END: map

struct Zip<'a, T, F> {
    grad: &'a mut [T],
    x: &'a [T],
    f: F,
}

impl<T: Float, F: Binary<T>> Body for Zip<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        for (g, &x) in self.grad.iter_mut().zip(self.x) {
            *g = self.f.at(*g, x);
        }
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
    let (data, x) = (grad.data_mut(), x.data());
    if data.len() < PARALLEL_MIN {
        at_level(level, Zip { grad: data, x, f });
    } else {
        let parts = data.par_chunks_mut(CHUNK).zip(x.par_chunks(CHUNK));
        parts.for_each(|(grad, x)| at_level(level, Zip { grad, x, f }));
    }
    grad
}

struct Rows<'a, T, F> {
    y: &'a mut [T],
    x: Option<&'a [T]>,
    length: usize,
    f: F,
}

impl<T: Float, F: Row<T>> Body for Rows<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        match self.x {
            Some(x) => {
                self.y.chunks_mut(self.length).zip(x.chunks(self.length)).for_each(|(y, x)| self.f.row(y, x))
            }
            None => self.y.chunks_mut(self.length).for_each(|y| self.f.row(y, &[])),
        }
    }
}

/// Hands `f` every row of `length` elements of `y`, with the same row of `x`, or an empty one if there is no `x`.
///
/// # Panics
/// When the slices differ in length.
pub fn rows<T: Float>(y: &mut [T], x: Option<&[T]>, length: usize, f: impl Row<T>) {
    assert!(x.is_none_or(|x| x.len() == y.len()), "rows: slices of different lengths");
    if y.is_empty() {
        return;
    }
    let level = Level::detect();
    if y.len() < PARALLEL_MIN {
        at_level(level, Rows { y, x, length, f });
    } else {
        let together = CHUNK.div_ceil(length) * length;
        y.par_chunks_mut(together).enumerate().for_each(|(part, y)| {
            let x = x.map(|x| &x[part * together..][..y.len()]);
            at_level(level, Rows { y, x, length, f });
        });
    }
}

/// The sum of `f` of the elements, in sixteen lanes side by side, always in the same order.
#[inline(always)]
pub fn sum<T: Float>(x: &[T], f: impl Fn(T) -> T) -> T {
    let mut lanes = [T::ZERO; 16];
    let (groups, rest) = x.as_chunks::<16>();
    for group in groups {
        for (lane, &x) in lanes.iter_mut().zip(group) {
            *lane += f(x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += f(x);
    }
    lanes.into_iter().fold(T::ZERO, |sum, lane| sum + lane)
}

/// The sum of the products of the elements of two slices, in the same order as [`sum`].
#[inline(always)]
pub fn dot<T: Float>(x: &[T], y: &[T]) -> T {
    let mut lanes = [T::ZERO; 16];
    let (x, x_rest) = x.as_chunks::<16>();
    let (y, y_rest) = y.as_chunks::<16>();
    for (x, y) in x.iter().zip(y) {
        for (lane, (&x, &y)) in lanes.iter_mut().zip(x.iter().zip(y)) {
            *lane += x * y;
        }
    }
    for (lane, (&x, &y)) in lanes.iter_mut().zip(x_rest.iter().zip(y_rest)) {
        *lane += x * y;
    }
    lanes.into_iter().fold(T::ZERO, |sum, lane| sum + lane)
}

/// The largest element; -inf for none. NaN is passed over.
#[inline(always)]
pub fn max<T: Float>(x: &[T]) -> T {
    let larger = |a: T, b: T| if b > a { b } else { a };
    let mut lanes = [T::LOWEST; 16];
    let (groups, rest) = x.as_chunks::<16>();
    for group in groups {
        for (lane, &x) in lanes.iter_mut().zip(group) {
            *lane = larger(*lane, x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = larger(*lane, x);
    }
    lanes.into_iter().fold(T::LOWEST, larger)
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
