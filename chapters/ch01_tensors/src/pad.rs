//! Padding: a frame around an array.

use crate::{Array, Dims, Element, MAX_NDIM, Slice, fail};

/// What the frame holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pad<T> {
    /// One value everywhere.
    Constant(T),
    /// The array mirrored at its edge; the edge itself is not repeated: `[c b | a b c | b a]`.
    Reflect,
    /// The nearest element of the array: `[a a | a b c | c c]` (numpy calls it `edge`).
    Replicate,
}

impl<T: Element> Array<T> {
    /// The array with `(before, after)` new places on each of the last axes: `&[(1, 1), (2, 0)]` frames the last two
    /// (`np.pad`; `torch.nn.functional.pad`, which lists the last axis first).
    ///
    /// # Panics
    /// When there are more pairs than axes; for [`Pad::Reflect`], when the frame is not thinner than the array; for
    /// [`Pad::Replicate`], when a framed axis is empty.
    #[track_caller]
    pub fn pad(&self, widths: &[(usize, usize)], mode: Pad<T>) -> Self {
        if widths.len() > self.ndim() {
            fail("pad", format_args!("{widths:?} has more entries than {:?} axes", self.shape));
        }
        let first = self.ndim() - widths.len();
        let mut shape = self.shape;
        let mut inside: Dims<Slice> = Dims::filled(Slice::default(), self.ndim());
        for (axis, &(before, after)) in (first..).zip(widths) {
            let length = self.shape[axis];
            let fits = match mode {
                Pad::Constant(_) => true,
                Pad::Reflect => before.max(after) < length.max(1),
                Pad::Replicate => length > 0 || before + after == 0,
            };
            if !fits {
                let rule = format_args!(
                    "{mode:?} of ({before}, {after}) needs more than axis {axis} of {:?}",
                    self.shape
                );
                fail("pad", rule);
            }
            shape[axis] += before + after;
            inside[axis] = (before..before + length).into();
        }
        if let Pad::Constant(value) = mode {
            let mut result = Array::full(shape, value);
            result.assign_slice(&inside[..], self);
            return result;
        }
        // Where place `at` of the result comes from, along one axis.
        let from = |axis: usize, at: usize| {
            let (before, last) = match axis.checked_sub(first) {
                Some(pair) => (widths[pair].0 as isize, self.shape[axis] as isize - 1),
                None => return at,
            };
            let at = at as isize - before;
            let inside = match mode {
                Pad::Replicate => at.clamp(0, last),
                // Mirror at 0, then at the last.
                _ => last - (last - at.abs()).abs(),
            };
            inside as usize
        };
        let source = self.storage.as_slice();
        Array::from_fn(shape, |index| {
            let mut place = [0isize; MAX_NDIM];
            for (axis, &at) in index.iter().enumerate() {
                place[axis] = from(axis, at) as isize * self.strides[axis];
            }
            source[(self.offset as isize + place.iter().sum::<isize>()) as usize]
        })
    }
}
