//! Views: the same storage with another shape or other strides. Only [`reshape`](Array::reshape) may have to copy.

use crate::{
    Array, Element, Shape, axis_index, broadcast_shape, broadcast_strides, contiguous_strides, fail,
};

impl<T: Element> Array<T> {
    /// The elements in row-major order under a new shape (`np.reshape`). A view if the array is contiguous, else a
    /// copy. One length may be given as `usize::MAX`: it is worked out from the rest (numpy's -1).
    ///
    /// # Panics
    /// When the sizes differ.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Self {
        let mut shape: Shape = shape.into();
        if let Some(unknown) = shape.iter().position(|&length| length == usize::MAX) {
            let known: usize =
                shape.iter().enumerate().filter(|&(axis, _)| axis != unknown).map(|(_, &n)| n).product();
            shape[unknown] = self.size().checked_div(known).unwrap_or(0);
        }
        if shape.size() != self.size() {
            fail(
                "reshape",
                format_args!("{:?} has {} elements, {shape:?} {}", self.shape, self.size(), shape.size()),
            );
        }
        let array = self.contiguous();
        Array { shape, strides: contiguous_strides(&shape), ..array }
    }

    /// All elements in one axis, in row-major order (`np.ravel`).
    pub fn flatten(self) -> Self {
        let size = self.size();
        self.reshape([size])
    }

    // ANCHOR: permute
    /// The axes in a new order: axis `n` of the result is axis `axes[n]` of this (`np.transpose(axes)`).
    ///
    /// # Panics
    /// When `axes` does not name every axis once.
    #[track_caller]
    pub fn permute(self, axes: impl AsRef<[isize]>) -> Self {
        let axes = axes.as_ref();
        let mut order = Shape::filled(0, axes.len());
        for (place, &axis) in order.iter_mut().zip(axes) {
            *place = axis_index("permute", axis, self.ndim());
        }
        if order.len() != self.ndim() || (0..self.ndim()).any(|axis| !order.contains(&axis)) {
            fail(
                "permute",
                format_args!("{axes:?} is not an order of the {} axes of {:?}", self.ndim(), self.shape),
            );
        }
        let shape = order.iter().map(|&axis| self.shape[axis]).collect();
        let strides = order.iter().map(|&axis| self.strides[axis]).collect();
        Array { shape, strides, ..self }
    }
    // ANCHOR_END: permute

    /// Swaps two axes (`np.swapaxes`, `torch.transpose`).
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn transpose(mut self, a: isize, b: isize) -> Self {
        let (a, b) = (axis_index("transpose", a, self.ndim()), axis_index("transpose", b, self.ndim()));
        self.shape.swap(a, b);
        self.strides.swap(a, b);
        self
    }

    /// Moves an axis to another place; the others keep their order (`np.moveaxis`).
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn move_axis(self, from: isize, to: isize) -> Self {
        let (from, to) =
            (axis_index("move_axis", from, self.ndim()), axis_index("move_axis", to, self.ndim()));
        let shape = self.shape.without(from).with(to, self.shape[from]);
        let strides = self.strides.without(from).with(to, self.strides[from]);
        Array { shape, strides, ..self }
    }

    /// The transpose of a matrix: its last two axes swapped (`a.mT`).
    ///
    /// # Panics
    /// With fewer than two axes.
    #[track_caller]
    pub fn t(self) -> Self {
        self.transpose(-2, -1)
    }

    // ANCHOR: broadcast_to
    /// Reads the array as if it had `shape`, repeating along axes of length 1 (`np.broadcast_to`).
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[track_caller]
    pub fn broadcast_to(self, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        if broadcast_shape(&self.shape, &shape) != Some(shape) {
            fail("broadcast_to", format_args!("{:?} does not broadcast to {shape:?}", self.shape));
        }
        if shape.checked_size().is_none() {
            fail("broadcast_to", format_args!("{shape:?} has too many elements for {:?}", self.shape));
        }
        let strides = broadcast_strides(&self.shape, &self.strides, &shape);
        Array { shape, strides, ..self }
    }
    // ANCHOR_END: broadcast_to

    /// Inserts an axis of length 1 so that it becomes axis `axis` of the result (`np.expand_dims`).
    ///
    /// # Panics
    /// When the result has no such axis, or too many axes.
    #[track_caller]
    pub fn unsqueeze(self, axis: isize) -> Self {
        let axis = axis_index("unsqueeze", axis, self.ndim() + 1);
        Array { shape: self.shape.with(axis, 1), strides: self.strides.with(axis, 0), ..self }
    }

    /// Removes an axis of length 1 (`np.squeeze(axis)`).
    ///
    /// # Panics
    /// When the axis is longer.
    #[track_caller]
    pub fn squeeze(self, axis: isize) -> Self {
        let axis = axis_index("squeeze", axis, self.ndim());
        if self.shape[axis] != 1 {
            fail(
                "squeeze",
                format_args!("axis {axis} of {:?} has length {}, not 1", self.shape, self.shape[axis]),
            );
        }
        Array { shape: self.shape.without(axis), strides: self.strides.without(axis), ..self }
    }

    // ANCHOR: flip
    /// Reverses the order along an axis (`np.flip`).
    ///
    /// # Panics
    /// When there is no such axis.
    #[track_caller]
    pub fn flip(mut self, axis: isize) -> Self {
        let axis = axis_index("flip", axis, self.ndim());
        if !self.is_empty() {
            let last = (self.shape[axis] as isize - 1) * self.strides[axis];
            self.offset = (self.offset as isize + last) as usize;
        }
        self.strides[axis] = -self.strides[axis];
        self
    }
    // ANCHOR_END: flip
}
