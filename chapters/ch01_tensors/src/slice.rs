//! Slicing: part of an array, as a view.
//!
//! `a.slice((1..3, .., -1))` is numpy's `a[1:3, :, -1]`: one entry per axis, missing ones mean the whole axis. Along
//! an axis, taking `start, start + step, …` before `stop` needs no copy: the view begins `start * stride` later in
//! storage, its stride is `step * stride`, and its length is the number of steps. A negative step walks backwards.
//!
//! Follows numpy's basic indexing: negative numbers count from the end, ranges are cut to what is there, a single
//! index must exist and removes its axis.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use crate::walk::Walk;
use crate::{Array, Dims, Element, Shape, Strides, broadcast_shape, broadcast_strides, fail, slice_range};

/// What to take along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slice {
    /// One index; the axis is removed. -1 is the last.
    Index(isize),
    /// Every `step`-th index from `start` to before `stop`; the axis stays. Made by [`Slice::new`].
    Range {
        /// The first index; `None` is the near end (the far one for a negative step).
        start: Option<isize>,
        /// The index to stop before; `None` goes to the end.
        stop: Option<isize>,
        /// The step, not 0.
        step: isize,
    },
    /// A new axis of length 1 (`np.newaxis`).
    NewAxis,
    /// All axes that no other entry names (`...`).
    Rest,
}

impl Default for Slice {
    fn default() -> Self {
        Slice::new(None, None, 1)
    }
}

impl Slice {
    /// Every `step`-th index from `start` to before `stop`; numpy's `start:stop:step`. `None` leaves an end open:
    /// `Slice::new(None, None, -1)` reverses an axis.
    pub fn new(start: impl Into<Option<isize>>, stop: impl Into<Option<isize>>, step: isize) -> Self {
        Slice::Range { start: start.into(), stop: stop.into(), step }
    }
}

/// What [`Array::slice`] takes: one entry, a tuple of up to eight, or a slice of [`Slice`]s. An entry is an index, a
/// range, `..` or a [`Slice`].
pub trait Slices {
    /// The entries.
    fn entries(self) -> Dims<Slice>;
}

impl<S: Into<Slice>> Slices for S {
    fn entries(self) -> Dims<Slice> {
        Dims::from([self.into()])
    }
}

impl Slices for &[Slice] {
    #[track_caller]
    fn entries(self) -> Dims<Slice> {
        Dims::new(self)
    }
}

macro_rules! tuples {
    ($(($($part:ident)*))*) => {
        $(impl<$($part: Into<Slice>),*> Slices for ($($part,)*) {
            fn entries(self) -> Dims<Slice> {
                #[allow(non_snake_case, reason = "the type names serve as variables")]
                let ($($part,)*) = self;
                Dims::from([$($part.into()),*])
            }
        })*
    };
}

tuples!((A)(A B)(A B C)(A B C D)(A B C D E)(A B C D E F)(A B C D E F G)(A B C D E F G H));

/// A bound as a signed number. Beyond any length is as good as the largest.
trait Bound {
    fn bound(self) -> isize;
}

macro_rules! bounds {
    ($($type:ty)*) => {
        $(impl Bound for $type {
            fn bound(self) -> isize {
                self.try_into().unwrap_or(isize::MAX)
            }
        }

        impl From<$type> for Slice {
            fn from(index: $type) -> Self {
                Slice::Index(index.bound())
            }
        }

        impl From<Range<$type>> for Slice {
            fn from(range: Range<$type>) -> Self {
                Slice::new(range.start.bound(), range.end.bound(), 1)
            }
        }

        impl From<RangeFrom<$type>> for Slice {
            fn from(range: RangeFrom<$type>) -> Self {
                Slice::new(range.start.bound(), None, 1)
            }
        }

        impl From<RangeTo<$type>> for Slice {
            fn from(range: RangeTo<$type>) -> Self {
                Slice::new(None, range.end.bound(), 1)
            }
        }

        impl From<RangeInclusive<$type>> for Slice {
            fn from(range: RangeInclusive<$type>) -> Self {
                Slice::new(range.start().bound(), behind(range.end().bound()), 1)
            }
        }

        impl From<RangeToInclusive<$type>> for Slice {
            fn from(range: RangeToInclusive<$type>) -> Self {
                Slice::new(None, behind(range.end.bound()), 1)
            }
        })*
    };
}

// i32 is what a literal is when nothing else decides, isize what may be negative, usize what a loop counts in.
bounds!(i32 isize usize);

impl From<RangeFull> for Slice {
    fn from(_: RangeFull) -> Self {
        Slice::default()
    }
}

/// The index behind an inclusive end; behind the last is the end itself.
fn behind(end: isize) -> Option<isize> {
    if end == -1 { None } else { Some(end.saturating_add(1)) }
}

/// The shape, strides and offset of the part that `entries` take.
#[track_caller]
fn part(
    operation: &str,
    entries: &Dims<Slice>,
    shape: &Shape,
    strides: &Strides,
    offset: usize,
) -> (Shape, Strides, usize) {
    let named = entries.iter().filter(|e| !matches!(e, Slice::NewAxis | Slice::Rest)).count();
    let rests = entries.iter().filter(|e| **e == Slice::Rest).count();
    if named > shape.len() || rests > 1 {
        let rule = if rests > 1 { "more than one Rest" } else { "too many entries" };
        fail(operation, format_args!("{rule} in {:?} for an array of shape {shape:?}", &entries[..]));
    }
    let (mut to_shape, mut to_strides, mut place) = (Shape::new(&[]), Strides::new(&[]), offset as isize);
    let mut push = |length: usize, stride: isize| {
        to_shape = to_shape.with(to_shape.len(), length);
        to_strides = to_strides.with(to_strides.len(), stride);
    };
    let mut axis = 0;
    // What no entry names is kept: at Rest, or at the end.
    for entry in entries.iter().chain(if rests == 0 { &[Slice::Rest][..] } else { &[] }) {
        match *entry {
            Slice::NewAxis => push(1, 0),
            Slice::Rest => {
                let rest = shape.len() - named;
                (axis..axis + rest).for_each(|axis| push(shape[axis], strides[axis]));
                axis += rest;
            }
            Slice::Index(index) => {
                let length = shape[axis] as isize;
                let at = if index < 0 { index.saturating_add(length) } else { index };
                if at < 0 || at >= length {
                    let rule = format_args!("index {index} is outside axis {axis} of {shape:?}");
                    fail(operation, rule);
                }
                place += at * strides[axis];
                axis += 1;
            }
            Slice::Range { start, stop, step } => {
                if step == 0 {
                    fail(operation, format_args!("the step along axis {axis} of {shape:?} must not be 0"));
                }
                let (start, count) = slice_range(start, stop, step, shape[axis]);
                // With fewer than two elements nothing is stepped over, and a huge step must not overflow.
                push(count, if count > 1 { step * strides[axis] } else { strides[axis] });
                place += start as isize * strides[axis];
                axis += 1;
            }
        }
    }
    // An empty part has no first element; its offset is never read.
    (to_shape, to_strides, if to_shape.contains(&0) { offset } else { place as usize })
}

impl<T: Element> Array<T> {
    /// Part of the array, as a view (numpy's `a[...]`).
    ///
    /// ```
    /// use ch01_tensors::{Array, Slice};
    /// let a = Array::<i64>::arange(0, 12, 1).reshape([3, 4]);
    /// assert_eq!(a.slice((1.., -1)), Array::from([7, 11]));
    /// assert_eq!(a.slice((0, Slice::new(None, None, -2))), Array::from([3, 1]));
    /// assert_eq!(*a.slice((.., Slice::NewAxis)).shape(), [3, 1, 4]);
    /// ```
    ///
    /// # Panics
    /// When there are more entries than axes, a single index does not exist, or a step is 0.
    #[track_caller]
    pub fn slice(&self, slices: impl Slices) -> Self {
        let entries = slices.entries();
        let (shape, strides, offset) = part("slice", &entries, &self.shape, &self.strides, self.offset);
        Array { storage: self.storage.clone(), shape, strides, offset }
    }

    /// Writes `values`, broadcast, into part of the array (numpy's `a[...] = values`). Other arrays that share the
    /// storage keep what they had: it is copied first.
    ///
    /// # Panics
    /// As [`slice`](Array::slice), and when `values` does not broadcast to the part's shape.
    #[track_caller]
    pub fn assign_slice(&mut self, slices: impl Slices, values: &Array<T>) {
        self.update_slice("assign_slice", slices, values, |_, value| value);
    }

    /// Replaces every element of a part by `f` of it and of `values`, broadcast: `a[...] += values` is
    /// `a.update_slice("add", slices, &values, |x, y| x + y)`.
    ///
    /// # Panics
    /// As [`assign_slice`](Array::assign_slice); `operation` names the caller in the message.
    #[track_caller]
    pub fn update_slice<U: Element>(
        &mut self,
        operation: &str,
        slices: impl Slices,
        values: &Array<U>,
        f: impl Fn(T, U) -> T,
    ) {
        let entries = slices.entries();
        let strides = crate::contiguous_strides(&self.shape);
        let (shape, strides, offset) = part(operation, &entries, &self.shape, &strides, 0);
        if broadcast_shape(&values.shape, &shape) != Some(shape) {
            let rule = format_args!("{:?} does not broadcast to the part's shape {shape:?}", values.shape);
            fail(operation, rule);
        }
        let from = broadcast_strides(&values.shape, &values.strides, &shape);
        let target = self.data_mut(); // Row-major and ours alone, as `strides` says.
        let source = values.storage.as_slice();
        Walk::new(shape, [strides, from], [offset, values.offset]).each(|[to, from]| {
            target[to] = f(target[to], source[from]);
        });
    }
}
