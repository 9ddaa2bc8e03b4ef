//! Elementwise loops compiled for the widest vectors of the processor at hand.
//!
//! A compiler turns a plain loop over slices into vector code if its body has no branches and no calls. But a program
//! that has to run anywhere is compiled for the oldest processor: four `f32` at a time on x86-64. So each loop here is
//! compiled three times, for SSE2, AVX2 and AVX-512, and the version to run is chosen when the program runs. On other
//! architectures there is only the portable one. The arithmetic is the same in all: no multiply-add is fused, so every
//! version gives the same bits.
//!
//! Whatever is passed as `f` should be `#[inline(always)]` and free of branches, or it is called once per element.

use ch01_tensors::{Array, Float, fail};
use rayon::prelude::*;

/// Below this many elements, starting threads costs more than it brings.
const PARALLEL_MIN: usize = 1 << 16;
/// Elements per parallel task: fixed, so that results do not depend on the number of threads.
const CHUNK: usize = 1 << 14;

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

// ANCHOR: multiversion
/// Runs `body(arguments)`, compiled for `level`. `body` must be an `#[inline(always)]` function, or it stays as it is.
///
/// # Panics
/// When the processor does not have the level.
#[inline]
pub fn at_level<A, R>(level: Level, arguments: A, body: impl Fn(A) -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn avx2<A, R>(arguments: A, body: impl Fn(A) -> R) -> R {
            body(arguments)
        }
        #[target_feature(enable = "avx512f")]
        fn avx512<A, R>(arguments: A, body: impl Fn(A) -> R) -> R {
            body(arguments)
        }
        assert!(level <= Level::detect(), "this processor has no {level:?}");
        match level {
            Level::Portable => body(arguments),
            // SAFETY: the assertion above: the processor has these instructions.
            Level::Avx2 => unsafe { avx2(arguments, body) },
            // SAFETY: as above.
            Level::Avx512 => unsafe { avx512(arguments, body) },
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        assert_eq!(level, Level::Portable, "this processor has no {level:?}");
        body(arguments)
    }
}
// ANCHOR_END: multiversion

// ANCHOR: map
/// Replaces every element of a slice by `f` of it.
pub fn map_slice<T: Float>(level: Level, x: &mut [T], f: impl Fn(T) -> T) {
    #[inline(always)]
    fn each<T: Float, F: Fn(T) -> T>((x, f): (&mut [T], F)) {
        for x in x {
            *x = f(*x);
        }
    }
    at_level(level, (x, f), each);
}

/// `f` of every element. Works in place if nobody else holds the array.
pub fn map<T: Float>(mut x: Array<T>, f: impl Fn(T) -> T + Sync) -> Array<T> {
    let level = Level::detect();
    let data = x.data_mut();
    if data.len() < PARALLEL_MIN {
        map_slice(level, data, &f);
    } else {
        data.par_chunks_mut(CHUNK).for_each(|part| map_slice(level, part, &f));
    }
    x
}
// ANCHOR_END: map

/// `f(g, x)` of every pair of elements of two arrays of the same shape; `operation` names the caller. Works in place
/// in `grad` if nobody else holds it.
///
/// # Panics
/// When the shapes differ.
#[track_caller]
pub fn zip<T: Float>(
    operation: &str,
    mut grad: Array<T>,
    x: &Array<T>,
    f: impl Fn(T, T) -> T + Sync,
) -> Array<T> {
    #[inline(always)]
    fn each<T: Float, F: Fn(T, T) -> T>((grad, x, f): (&mut [T], &[T], F)) {
        for (g, &x) in grad.iter_mut().zip(x) {
            *g = f(*g, x);
        }
    }
    same_shape(operation, &grad, x);
    let level = Level::detect();
    let x = x.clone().contiguous();
    let (data, x) = (grad.data_mut(), x.data());
    if data.len() < PARALLEL_MIN {
        at_level(level, (data, x, &f), each);
    } else {
        let parts = data.par_chunks_mut(CHUNK).zip(x.par_chunks(CHUNK));
        parts.for_each(|(data, x)| at_level(level, (data, x, &f), each));
    }
    grad
}

/// Hands `f` every row of `length` elements of `y`, with the same row of `x`, or an empty one if there is no `x`.
///
/// # Panics
/// When the slices differ in length.
pub fn rows<T: Float>(y: &mut [T], x: Option<&[T]>, length: usize, f: impl Fn(&mut [T], &[T]) + Sync) {
    #[inline(always)]
    fn each<T: Float, F: Fn(&mut [T], &[T])>((y, x, length, f): (&mut [T], Option<&[T]>, usize, F)) {
        match x {
            Some(x) => y.chunks_mut(length).zip(x.chunks(length)).for_each(|(y, x)| f(y, x)),
            None => y.chunks_mut(length).for_each(|y| f(y, &[])),
        }
    }
    assert!(x.is_none_or(|x| x.len() == y.len()), "rows: slices of different lengths");
    if y.is_empty() {
        return;
    }
    let level = Level::detect();
    if y.len() < PARALLEL_MIN {
        at_level(level, (y, x, length, &f), each);
    } else {
        let together = CHUNK.div_ceil(length) * length;
        y.par_chunks_mut(together).enumerate().for_each(|(part, y)| {
            let x = x.map(|x| &x[part * together..][..y.len()]);
            at_level(level, (y, x, length, &f), each);
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
