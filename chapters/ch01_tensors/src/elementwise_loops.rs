//! The loops behind elementwise maths, as [`Body`] types, so that they are compiled for wide vectors.
//!
//! Each case that matters (all elements side by side, or one number for the whole row) is a loop of its own: with a step
//! that is only known at run time no vectors can be loaded. The numbers that stay the same are read before the loop: the
//! compiler cannot know that the loop does not write to them. `for` loops, and no `for_each`: that is a function of its own,
//! which need not be compiled for wide vectors.

use crate::level::Body;
use crate::walk::Rows;

/// Where the `i`-th element of a run lies.
#[inline(always)]
fn along(start: usize, i: usize, step: isize) -> usize {
    (start as isize + i as isize * step) as usize
}

/// `x = f(x)`.
pub(crate) struct Update<'a, T, F> {
    pub x: &'a mut [T],
    pub f: &'a F,
}

impl<T: Copy, F: Fn(T) -> T> Body for Update<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        let f = self.f;
        for x in self.x {
            *x = f(*x);
        }
    }
}

/// `out = f(x)`.
pub(crate) struct Map<'a, T, U, F> {
    pub out: &'a mut [U],
    pub x: &'a [T],
    pub rows: Rows<1>,
    pub f: &'a F,
}

impl<T: Copy, U, F: Fn(T) -> U> Body for Map<'_, T, U, F> {
    #[inline(always)]
    fn run(self) {
        let (x, f, [step]) = (self.x, self.f, self.rows.steps);
        for (i, out) in self.out.chunks_mut(self.rows.run).enumerate() {
            let [a] = self.rows.start(i);
            match step {
                1 => {
                    for (out, &x) in out.iter_mut().zip(&x[a..]) {
                        *out = f(x);
                    }
                }
                _ => {
                    for (i, out) in out.iter_mut().enumerate() {
                        *out = f(x[along(a, i, step)]);
                    }
                }
            }
        }
    }
}

/// `out = f(out, y)`.
pub(crate) struct Join<'a, T, U, F> {
    pub out: &'a mut [T],
    pub y: &'a [U],
    pub rows: Rows<1>,
    pub f: &'a F,
}

impl<T: Copy, U: Copy, F: Fn(T, U) -> T> Body for Join<'_, T, U, F> {
    #[inline(always)]
    fn run(self) {
        let (y, f, [step]) = (self.y, self.f, self.rows.steps);
        for (i, out) in self.out.chunks_mut(self.rows.run).enumerate() {
            let [b] = self.rows.start(i);
            match step {
                1 => {
                    for (out, &y) in out.iter_mut().zip(&y[b..]) {
                        *out = f(*out, y);
                    }
                }
                0 => {
                    let y = y[b];
                    for out in out {
                        *out = f(*out, y);
                    }
                }
                _ => {
                    for (i, out) in out.iter_mut().enumerate() {
                        *out = f(*out, y[along(b, i, step)]);
                    }
                }
            }
        }
    }
}

/// `out = f(x, y)`.
pub(crate) struct Zip<'a, T, U, V, F> {
    pub out: &'a mut [V],
    pub x: &'a [T],
    pub y: &'a [U],
    pub rows: Rows<2>,
    pub f: &'a F,
}

impl<T: Copy, U: Copy, V, F: Fn(T, U) -> V> Body for Zip<'_, T, U, V, F> {
    #[inline(always)]
    fn run(self) {
        let (x, y, f) = (self.x, self.y, self.f);
        for (i, out) in self.out.chunks_mut(self.rows.run).enumerate() {
            let [a, b] = self.rows.start(i);
            match self.rows.steps {
                [1, 1] => {
                    for ((out, &x), &y) in out.iter_mut().zip(&x[a..]).zip(&y[b..]) {
                        *out = f(x, y);
                    }
                }
                [1, 0] => {
                    let y = y[b];
                    for (out, &x) in out.iter_mut().zip(&x[a..]) {
                        *out = f(x, y);
                    }
                }
                [0, 1] => {
                    let x = x[a];
                    for (out, &y) in out.iter_mut().zip(&y[b..]) {
                        *out = f(x, y);
                    }
                }
                [s, t] => {
                    for (i, out) in out.iter_mut().enumerate() {
                        *out = f(x[along(a, i, s)], y[along(b, i, t)]);
                    }
                }
            }
        }
    }
}
