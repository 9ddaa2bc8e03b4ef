//! The array: shared storage seen through a shape, strides and an offset.
//!
//! Cloning, slicing, transposing and broadcasting make a new *view*: the same storage with other numbers in front.
//! Views are free. Writing copies first, but only when the storage is shared, so a function that owns its argument
//! works in place and nobody ever sees another's writes.

use crate::storage::Storage;
use crate::walk::Walk;
use crate::{Element, Float, Shape, Strides, contiguous_strides, fail, flat_index};

// ANCHOR: array
/// An n-dimensional array of `T` (numpy's `ndarray`, PyTorch's `Tensor`).
#[derive(Clone)]
pub struct Array<T: Element> {
    pub(crate) storage: Storage<T>,
    pub(crate) shape: Shape,
    pub(crate) strides: Strides,
    pub(crate) offset: usize,
}
// ANCHOR_END: array

/// An array of 32-bit floats: what networks are made of.
pub type Tensor = Array<f32>;

impl<T: Element> Array<T> {
    /// The length of each axis.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The step in storage along each axis, in elements (numpy counts bytes).
    pub fn strides(&self) -> &Strides {
        &self.strides
    }

    /// The number of axes; 0 for a scalar.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// The number of elements.
    pub fn size(&self) -> usize {
        self.shape.size()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// The length of one axis; -1 is the last.
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn dim(&self, axis: isize) -> usize {
        self.shape[crate::axis_index("dim", axis, self.ndim())]
    }

    /// Whether the elements lie in row-major order without gaps, so that [`data`](Array::data) is free.
    pub fn is_contiguous(&self) -> bool {
        // An axis of length 1 is never stepped along: its stride does not matter.
        let expected = contiguous_strides(&self.shape);
        let fits = |axis: usize| self.shape[axis] == 1 || self.strides[axis] == expected[axis];
        self.is_empty() || (0..self.ndim()).all(fits)
    }

    /// Whether another array is a view of the same memory, so that writing to this one copies it first.
    pub fn is_shared(&mut self) -> bool {
        self.storage.unique().is_none()
    }

    /// Whether both arrays are views of the same memory (`np.shares_memory`, but by storage: two views that do not
    /// overlap share it too).
    pub fn shares_storage(&self, other: &Self) -> bool {
        self.storage.same(&other.storage)
    }

    /// The same array laid out in row-major order: itself if it is, a copy otherwise (`np.ascontiguousarray`).
    pub fn contiguous(self) -> Self {
        if self.is_contiguous() { self } else { self.copy() }
    }

    /// A row-major copy in storage of its own (`np.copy`).
    pub fn copy(&self) -> Self {
        let mut copy = Self::scratch(self.shape);
        let source = self.storage.as_slice();
        let walk = Walk::new(self.shape, [self.strides], [self.offset]);
        walk.copy(source, copy.data_mut());
        copy
    }

    /// The elements in row-major order, without copying.
    ///
    /// # Panics
    /// When the array is not contiguous; call [`contiguous`](Array::contiguous) first, or use
    /// [`to_vec`](Array::to_vec).
    #[track_caller]
    pub fn data(&self) -> &[T] {
        if !self.is_contiguous() {
            fail(
                "data",
                format_args!(
                    "a view of shape {:?} and strides {:?} is not contiguous",
                    self.shape, self.strides
                ),
            );
        }
        // An empty view may have an offset past the end.
        if self.is_empty() { &[] } else { &self.storage.as_slice()[self.offset..][..self.size()] }
    }

    // ANCHOR: data_mut
    /// The elements in row-major order, for writing. Copies first if the storage is shared or not in that order.
    pub fn data_mut(&mut self) -> &mut [T] {
        if !self.is_contiguous() || self.storage.unique().is_none() {
            *self = self.copy();
        }
        let range = if self.is_empty() { 0..0 } else { self.offset..self.offset + self.size() };
        &mut self.storage.unique().expect("just made unique")[range]
    }
    // ANCHOR_END: data_mut

    /// The whole storage that this array is a view of, for code that walks the strides itself.
    pub fn storage(&self) -> &[T] {
        self.storage.as_slice()
    }

    /// Where the first element lies in the storage.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// A copy of the elements in row-major order.
    pub fn to_vec(&self) -> Vec<T> {
        self.clone().contiguous().data().to_vec()
    }

    /// The elements in row-major order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = T> + '_ {
        let storage = self.storage.as_slice();
        let strides = contiguous_strides(&self.shape);
        (0..self.size()).map(move |i| {
            let place: isize = (0..self.ndim())
                .map(|axis| (i / strides[axis] as usize % self.shape[axis]) as isize * self.strides[axis])
                .sum();
            storage[(self.offset as isize + place) as usize]
        })
    }

    /// The only element.
    ///
    /// # Panics
    /// When there is not exactly one.
    #[track_caller]
    pub fn item(&self) -> T {
        if self.size() != 1 {
            fail(
                "item",
                format_args!("an array of shape {:?} has {} elements, not one", self.shape, self.size()),
            );
        }
        self.storage.as_slice()[self.offset]
    }

    #[track_caller]
    fn place(&self, index: &[usize]) -> usize {
        let inside = index.len() == self.ndim() && index.iter().zip(self.shape.iter()).all(|(i, n)| i < n);
        if !inside {
            fail("index", format_args!("{index:?} is outside an array of shape {:?}", self.shape));
        }
        (self.offset as isize + flat_index(index, &self.strides)) as usize
    }
}

impl<T: Element, const N: usize> std::ops::Index<[usize; N]> for Array<T> {
    type Output = T;
    #[track_caller]
    fn index(&self, index: [usize; N]) -> &T {
        &self.storage.as_slice()[self.place(&index)]
    }
}

impl<T: Element, const N: usize> std::ops::IndexMut<[usize; N]> for Array<T> {
    #[track_caller]
    fn index_mut(&mut self, index: [usize; N]) -> &mut T {
        self.place(&index);
        let flat = flat_index(&index, &contiguous_strides(&self.shape));
        &mut self.data_mut()[flat as usize]
    }
}

/// Same shape and same elements, wherever they lie. NaN differs from itself, as for floats.
impl<T: Element> PartialEq for Array<T> {
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape && self.iter().eq(other.iter())
    }
}

impl<T: Float> Array<T> {
    /// The same numbers in 64 bits, for checks that need precision.
    pub fn to_f64(&self) -> Array<f64> {
        self.map_to(|x| x.to_f64())
    }

    /// The same numbers rounded to 32 bits.
    pub fn to_f32(&self) -> Tensor {
        self.map_to(|x| x.to_f64() as f32)
    }
}
