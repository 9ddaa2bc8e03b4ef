//! Shapes and strides, stored inline: making a view allocates nothing.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// The largest number of axes an array can have.
pub const MAX_NDIM: usize = 8;

/// A short list of numbers, one per axis, that dereferences to a slice.
#[derive(Clone, Copy)]
pub struct Dims<N> {
    items: [N; MAX_NDIM],
    len: usize,
}

/// The length of each axis: `[batch, channels, height, width]`.
pub type Shape = Dims<usize>;

/// How many elements to step in storage to move by one along each axis; negative for a flipped axis, 0 for a
/// broadcast one.
pub type Strides = Dims<isize>;

impl<N: Copy + Default> Dims<N> {
    /// A list from a slice.
    ///
    /// # Panics
    /// With more than [`MAX_NDIM`] items.
    #[track_caller]
    pub fn new(items: &[N]) -> Self {
        let mut dims = Self::filled(N::default(), items.len());
        dims.copy_from_slice(items);
        dims
    }

    /// `len` copies of `value`.
    ///
    /// # Panics
    /// When `len` is above [`MAX_NDIM`].
    #[track_caller]
    pub fn filled(value: N, len: usize) -> Self {
        assert!(len <= MAX_NDIM, "arrays have at most {MAX_NDIM} axes, not {len}");
        Dims { items: [value; MAX_NDIM], len }
    }

    /// The list without item `axis`.
    pub fn without(mut self, axis: usize) -> Self {
        self.copy_within(axis + 1.., axis);
        self.len -= 1;
        self
    }

    /// The list with `value` inserted before item `axis`.
    ///
    /// # Panics
    /// When the list is full.
    #[track_caller]
    pub fn with(self, axis: usize, value: N) -> Self {
        let mut longer = Self::filled(value, self.len + 1);
        longer[..axis].copy_from_slice(&self[..axis]);
        longer[axis + 1..].copy_from_slice(&self[axis..]);
        longer
    }
}

impl Shape {
    /// The number of elements: the product of the axis lengths, 1 for a scalar.
    ///
    /// # Panics
    /// When it does not fit in `isize`.
    #[track_caller]
    pub fn size(&self) -> usize {
        match self.checked_size() {
            Some(size) => size,
            None => panic!("shape {self:?} has too many elements"),
        }
    }

    /// The number of elements, if it fits in `isize`. Of an empty array the other lengths must fit, as in numpy:
    /// strides are products of them.
    pub(crate) fn checked_size(&self) -> Option<usize> {
        let mut lengths = self.iter().filter(|&&length| length > 0);
        let size = lengths.try_fold(1isize, |size, &length| size.checked_mul(length.try_into().ok()?))?;
        Some(if self.contains(&0) { 0 } else { size as usize })
    }
}

impl<N> Deref for Dims<N> {
    type Target = [N];
    fn deref(&self) -> &[N] {
        &self.items[..self.len]
    }
}

impl<N> DerefMut for Dims<N> {
    fn deref_mut(&mut self) -> &mut [N] {
        &mut self.items[..self.len]
    }
}

impl<N> AsRef<[N]> for Dims<N> {
    fn as_ref(&self) -> &[N] {
        self
    }
}

impl<N: fmt::Debug> fmt::Debug for Dims<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self[..].fmt(f)
    }
}

impl<N: PartialEq> PartialEq for Dims<N> {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl<N: Eq> Eq for Dims<N> {}

impl<N: PartialEq, const K: usize> PartialEq<[N; K]> for Dims<N> {
    fn eq(&self, other: &[N; K]) -> bool {
        self[..] == other[..]
    }
}

impl<N: Copy + Default, const K: usize> From<[N; K]> for Dims<N> {
    #[track_caller]
    fn from(items: [N; K]) -> Self {
        Dims::new(&items)
    }
}

impl<N: Copy + Default> From<&[N]> for Dims<N> {
    #[track_caller]
    fn from(items: &[N]) -> Self {
        Dims::new(items)
    }
}

impl<N: Copy + Default> From<&Dims<N>> for Dims<N> {
    fn from(dims: &Dims<N>) -> Self {
        *dims
    }
}

impl<N: Copy + Default> FromIterator<N> for Dims<N> {
    fn from_iter<I: IntoIterator<Item = N>>(items: I) -> Self {
        let mut dims = Dims { items: [N::default(); MAX_NDIM], len: 0 };
        for item in items {
            assert!(dims.len < MAX_NDIM, "arrays have at most {MAX_NDIM} axes");
            dims.items[dims.len] = item;
            dims.len += 1;
        }
        dims
    }
}

/// The axis that a possibly negative number names: -1 is the last, as in numpy.
///
/// # Panics
/// When there is no such axis.
#[track_caller]
pub fn axis_index(operation: &str, axis: isize, ndim: usize) -> usize {
    let index = if axis < 0 { axis + ndim as isize } else { axis };
    if index < 0 || index >= ndim as isize {
        crate::fail(operation, format_args!("axis {axis} is out of range for an array with {ndim} axes"));
    }
    index as usize
}
