//! Masks: combining them, counting in them, choosing by them.

use std::ops::{BitAnd, BitOr, BitXor, Not};

use crate::compare::Operand;
use crate::walk::Walk;
use crate::{Array, Axes, Element, Num, broadcast_shape, broadcast_strides, fail};

macro_rules! logical {
    ($($trait:ident $method:ident $name:literal $op:tt),*) => {
        $(impl $trait for &Array<bool> {
            type Output = Array<bool>;
            #[track_caller]
            fn $method(self, other: &Array<bool>) -> Array<bool> {
                self.zip_to($name, other, |x, y| x $op y)
            }
        }

        impl $trait for Array<bool> {
            type Output = Array<bool>;
            #[track_caller]
            fn $method(self, other: Array<bool>) -> Array<bool> {
                self.zip($name, &other, |x, y| x $op y)
            }
        })*
    };
}

// `&a & &b`, `&a | &b`, `&a ^ &b`, or with arrays that are handed over; shapes broadcast (`np.logical_and` …).
logical!(BitAnd bitand "and" &, BitOr bitor "or" |, BitXor bitxor "xor" ^);

impl Not for Array<bool> {
    type Output = Array<bool>;
    fn not(self) -> Array<bool> {
        self.map(|x| !x)
    }
}

impl Not for &Array<bool> {
    type Output = Array<bool>;
    fn not(self) -> Array<bool> {
        self.map_to(|x| !x)
    }
}

impl Array<bool> {
    /// Whether any element is true along `axes` (`np.any`); false for no elements.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn any(&self, axes: impl Axes, keepdim: bool) -> Array<bool> {
        self.to_number::<u8>().reduce("any", axes, keepdim, 0, |x, y| x | y).map_to(|x| x != 0)
    }

    /// Whether all elements are true along `axes` (`np.all`); true for no elements.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn all(&self, axes: impl Axes, keepdim: bool) -> Array<bool> {
        self.to_number::<u8>().reduce("all", axes, keepdim, 1, |x, y| x & y).map_to(|x| x != 0)
    }

    /// How many elements are true along `axes` (`np.count_nonzero`).
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn count(&self, axes: impl Axes, keepdim: bool) -> Array<i64> {
        self.to_number::<i64>().reduce("count", axes, keepdim, 0, |x, y| x + y)
    }

    /// 1 where true, 0 where false (`mask.astype`).
    pub fn to_number<T: Num>(&self) -> Array<T> {
        self.map_to(|x| if x { T::ONE } else { T::ZERO })
    }

    /// The element of `yes` where true and of `no` where false, all three broadcast together (`np.where`).
    /// Either may be a number.
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn where_<T: Element>(&self, yes: impl Operand<T>, no: impl Operand<T>) -> Array<T> {
        let (yes, no) = (yes.operand(), no.operand());
        let shape =
            broadcast_shape(&self.shape, &yes.shape).and_then(|shape| broadcast_shape(&shape, &no.shape));
        let Some(shape) = shape else {
            fail(
                "where",
                format_args!("shapes do not broadcast: {:?}, {:?} and {:?}", self.shape, yes.shape, no.shape),
            );
        };
        let strides = [
            broadcast_strides(&self.shape, &self.strides, &shape),
            broadcast_strides(&yes.shape, &yes.strides, &shape),
            broadcast_strides(&no.shape, &no.strides, &shape),
        ];
        let (mask, a, b) = (self.storage.as_slice(), yes.storage.as_slice(), no.storage.as_slice());
        let mut result = Array::scratch(shape);
        Walk::new(shape, strides, [self.offset, yes.offset, no.offset])
            .fill(result.data_mut(), |[m, i, j]| if mask[m] { a[i] } else { b[j] });
        result
    }
}

impl<T: Element> Array<T> {
    /// The array with `value` wherever the mask is true (`torch.masked_fill`).
    ///
    /// # Panics
    /// When the mask does not broadcast to this array's shape.
    #[track_caller]
    pub fn masked_fill(mut self, mask: &Array<bool>, value: T) -> Self {
        self.zip_assign("masked_fill", mask, |x, masked| if masked { value } else { x });
        self
    }

    /// The elements where the mask is true, in row-major order, as one axis (`a[mask]`, `torch.masked_select`).
    /// Mask and array broadcast together, as in PyTorch.
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn masked_select(&self, mask: &Array<bool>) -> Self {
        let Some(shape) = broadcast_shape(&self.shape, &mask.shape) else {
            let rule =
                format_args!("the mask's shape {:?} does not broadcast with {:?}", mask.shape, self.shape);
            fail("masked_select", rule);
        };
        let mask = mask.clone().broadcast_to(shape);
        let mut result = Array::scratch([mask.count(.., false).item() as usize]);
        let strides = broadcast_strides(&self.shape, &self.strides, &shape);
        let (chosen, source) = (mask.storage.as_slice(), self.storage.as_slice());
        let mut out = result.data_mut().iter_mut();
        Walk::new(shape, [mask.strides, strides], [mask.offset, self.offset]).each(|[m, i]| {
            if chosen[m] {
                *out.next().expect("as many places as true elements") = source[i];
            }
        });
        result
    }
}

impl<T: Element> Array<T> {
    /// The matrix with zeros (false) above diagonal `k` of its last two axes; 0 is the main one, 1 the one above
    /// (`np.tril`). `Array::full([n, n], true).tril(0)` is attention's causal mask.
    ///
    /// # Panics
    /// With fewer than two axes.
    #[track_caller]
    pub fn tril(self, k: isize) -> Self {
        self.keep("tril", |row, column| column <= row + k)
    }

    /// The matrix with zeros (false) below diagonal `k` of its last two axes (`np.triu`).
    ///
    /// # Panics
    /// With fewer than two axes.
    #[track_caller]
    pub fn triu(self, k: isize) -> Self {
        self.keep("triu", |row, column| column >= row + k)
    }

    #[track_caller]
    fn keep(mut self, operation: &str, keep: impl Fn(isize, isize) -> bool) -> Self {
        if self.ndim() < 2 {
            fail(operation, format_args!("needs two axes or more, not shape {:?}", self.shape));
        }
        let (rows, columns) = (self.dim(-2), self.dim(-1));
        for (i, element) in self.data_mut().iter_mut().enumerate() {
            if !keep((i / columns % rows) as isize, (i % columns) as isize) {
                *element = T::default();
            }
        }
        self
    }

    /// The main diagonal of the last two axes, as a view with one axis less (`np.diagonal(axis1=-2, axis2=-1)`).
    ///
    /// # Panics
    /// With fewer than two axes.
    #[track_caller]
    pub fn diagonal(self) -> Self {
        if self.ndim() < 2 {
            fail("diagonal", format_args!("needs two axes or more, not shape {:?}", self.shape));
        }
        let last = self.ndim() - 1;
        let (mut shape, mut strides) = (self.shape.without(last), self.strides.without(last));
        shape[last - 1] = self.shape[last - 1].min(self.shape[last]);
        // One step along the diagonal is one step along both axes.
        strides[last - 1] += self.strides[last];
        Array { shape, strides, ..self }
    }
}
