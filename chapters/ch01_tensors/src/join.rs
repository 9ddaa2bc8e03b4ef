//! Joining and cutting: concat, stack, split, roll, tile, repeat.
//!
//! Cutting gives views, joining has to copy.

use crate::{Array, Element, Shape, Slice, axis_index, fail};

/// Entries that take `start..stop` of one axis and the whole of the others.
fn along(axis: usize, ndim: usize, start: usize, stop: usize) -> crate::Dims<Slice> {
    let mut entries = crate::Dims::filled(Slice::default(), ndim);
    entries[axis] = (start..stop).into();
    entries
}

impl<T: Element> Array<T> {
    /// `start..start + length` of an axis, as a view (`torch.narrow`).
    ///
    /// # Panics
    /// When the axis does not exist or is not that long.
    #[track_caller]
    pub fn narrow(&self, axis: isize, start: usize, length: usize) -> Self {
        let axis = axis_index("narrow", axis, self.ndim());
        let stop = start.saturating_add(length);
        if stop > self.shape[axis] {
            fail("narrow", format_args!("{start}..{stop} is outside axis {axis} of {:?}", self.shape));
        }
        self.slice(&along(axis, self.ndim(), start, stop)[..])
    }

    /// The arrays one after another along an axis (`np.concatenate`, `torch.cat`).
    ///
    /// # Panics
    /// Without arrays, or when the shapes differ on another axis.
    #[track_caller]
    pub fn concat(arrays: &[&Self], axis: isize) -> Self {
        let Some(first) = arrays.first() else { fail("concat", format_args!("there are no arrays")) };
        let axis = axis_index("concat", axis, first.ndim());
        let mut shape = first.shape;
        shape[axis] = 0;
        for array in arrays {
            let fits = array.ndim() == first.ndim()
                && (0..first.ndim()).all(|other| other == axis || array.shape[other] == shape[other]);
            if !fits {
                fail(
                    "concat",
                    format_args!("{:?} and {:?} differ outside axis {axis}", first.shape, array.shape),
                );
            }
            shape[axis] += array.shape[axis];
        }
        let mut result = Array::scratch(shape);
        let width: usize = shape[axis + 1..].iter().product();
        let row = shape[axis] * width;
        let mut start = 0;
        for array in arrays {
            let part = array.shape[axis] * width;
            if !array.is_empty() {
                let array = (*array).clone().contiguous();
                let rows = result.data_mut().chunks_mut(row).zip(array.data().chunks(part));
                rows.for_each(|(out, row)| out[start..start + part].copy_from_slice(row));
            }
            start += part;
        }
        result
    }

    /// The arrays, all of one shape, one after another along a new axis (`np.stack`).
    ///
    /// # Panics
    /// Without arrays, or when the shapes differ.
    #[track_caller]
    pub fn stack(arrays: &[&Self], axis: isize) -> Self {
        let Some(first) = arrays.first() else { fail("stack", format_args!("there are no arrays")) };
        if let Some(other) = arrays.iter().find(|array| array.shape != first.shape) {
            fail("stack", format_args!("the shapes {:?} and {:?} differ", first.shape, other.shape));
        }
        let axis = axis_index("stack", axis, first.ndim() + 1);
        let mut result = Array::scratch(first.shape.with(axis, arrays.len()));
        let width: usize = first.shape[axis..].iter().product();
        if result.is_empty() {
            return result;
        }
        for (i, array) in arrays.iter().enumerate() {
            let array = (*array).clone().contiguous();
            let rows = result.data_mut().chunks_mut(arrays.len() * width).zip(array.data().chunks(width));
            rows.for_each(|(out, row)| out[i * width..][..width].copy_from_slice(row));
        }
        result
    }

    /// Cuts an axis into parts of the given lengths, as views, one after another (`torch.split` with a list).
    ///
    /// # Panics
    /// When there is no such axis or the lengths do not add up to its length.
    #[track_caller]
    pub fn split(&self, lengths: &[usize], axis: isize) -> impl ExactSizeIterator<Item = Self> {
        let axis = axis_index("split", axis, self.ndim());
        if lengths.iter().sum::<usize>() != self.shape[axis] {
            let rule = "do not add up to axis";
            fail("split", format_args!("lengths {lengths:?} {rule} {axis} of {:?}", self.shape));
        }
        let mut start = 0;
        lengths.iter().map(move |length| {
            start += length;
            self.narrow(axis as isize, start - length, *length)
        })
    }

    /// Cuts an axis into `N` equal parts, as views: `let [q, k, v] = x.split_equal(-1);` (`np.split`).
    ///
    /// # Panics
    /// When there is no such axis or its length is not a multiple of `N`.
    #[track_caller]
    pub fn split_equal<const N: usize>(&self, axis: isize) -> [Self; N] {
        let axis = axis_index("split_equal", axis, self.ndim());
        if N == 0 || !self.shape[axis].is_multiple_of(N) {
            fail("split_equal", format_args!("axis {axis} of {:?} has no {N} equal parts", self.shape));
        }
        let length = self.shape[axis] / N;
        std::array::from_fn(|i| self.narrow(axis as isize, i * length, length))
    }

    /// Cuts an axis into at most `count` parts of equal length, the last one shorter, as views (`torch.chunk`).
    ///
    /// # Panics
    /// When there is no such axis or `count` is 0.
    #[track_caller]
    pub fn chunk(&self, count: usize, axis: isize) -> impl ExactSizeIterator<Item = Self> {
        let axis = axis_index("chunk", axis, self.ndim());
        if count == 0 {
            fail("chunk", format_args!("{:?} cannot be cut into no parts", self.shape));
        }
        let total = self.shape[axis];
        let length = total.div_ceil(count).max(1);
        // An axis of length 0 gives one empty part.
        (0..total.div_ceil(length).max(1))
            .map(move |i| self.narrow(axis as isize, i * length, length.min(total - i * length)))
    }

    /// Moves every element `shift` places on along an axis; what falls off the end comes back at the start
    /// (`np.roll`).
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn roll(&self, shift: isize, axis: isize) -> Self {
        let at = axis_index("roll", axis, self.ndim());
        let length = self.shape[at];
        if length == 0 {
            return self.clone();
        }
        let cut = (-shift).rem_euclid(length as isize) as usize;
        Self::concat(&[&self.narrow(axis, cut, length - cut), &self.narrow(axis, 0, cut)], axis)
    }

    /// The whole array several times over along each axis; missing axes count from the front on either side
    /// (`np.tile`, `torch.tile`).
    ///
    /// # Panics
    /// When the result has too many axes.
    #[track_caller]
    pub fn tile(&self, times: impl AsRef<[usize]>) -> Self {
        let times = times.as_ref();
        let ndim = self.ndim().max(times.len());
        let missing = |length: usize| std::iter::repeat_n(1, ndim - length);
        let shape: Shape = missing(self.ndim()).chain(self.shape.iter().copied()).collect();
        let mut result = self.clone().reshape(shape);
        for (axis, times) in missing(times.len()).chain(times.iter().copied()).enumerate() {
            if times != 1 {
                // The axes from this one on, as one block that is read several times.
                let (before, after) = (&result.shape[..axis], &result.shape[axis..]);
                let (rows, width) = (before.iter().product(), after.iter().product());
                let mut shape = result.shape;
                shape[axis] *= times;
                result = result.reshape([rows, 1, width]).broadcast_to([rows, times, width]).reshape(shape);
            }
        }
        result
    }

    /// Every element several times in a row along an axis (`np.repeat`, `torch.repeat_interleave`).
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn repeat(&self, times: usize, axis: isize) -> Self {
        let axis = axis_index("repeat", axis, self.ndim());
        let mut shape = self.shape;
        shape[axis] *= times;
        let (rows, width): (usize, usize) =
            (self.shape[..=axis].iter().product(), self.shape[axis + 1..].iter().product());
        self.clone().reshape([rows, 1, width]).broadcast_to([rows, times, width]).reshape(shape)
    }
}
