//! Comparisons, giving masks: arrays of `bool`.
//!
//! `a.gt(&b)` compares arrays, broadcast together, and `a.gt(0.0)` every element with a number. Every comparison with
//! NaN is false, except "not equal".

use crate::{Array, Element};

/// The right-hand side of a comparison or of [`Array::where_`]: an array, or a number that stands for an array of it.
pub trait Operand<T: Element> {
    /// The array; a number becomes a zero-dimensional one, which broadcasts to any shape.
    fn operand(self) -> Array<T>;
}

impl<T: Element> Operand<T> for &Array<T> {
    fn operand(self) -> Array<T> {
        self.clone()
    }
}

impl<T: Element> Operand<T> for T {
    fn operand(self) -> Array<T> {
        Array::scalar(self)
    }
}

macro_rules! comparisons {
    ($($name:ident $op:tt $numpy:literal),* $(,)?) => {
        impl<T: Element> Array<T> {
            $(#[doc = concat!("Where `self ", stringify!($op), " other`, elementwise (`", $numpy, "`).")]
            ///
            /// # Panics
            /// When the shapes do not broadcast.
            #[track_caller]
            pub fn $name(&self, other: impl Operand<T>) -> Array<bool> {
                self.zip_to(stringify!($name), &other.operand(), |x, y| x $op y)
            })*
        }
    };
}

comparisons! {
    gt > "np.greater",
    ge >= "np.greater_equal",
    lt < "np.less",
    le <= "np.less_equal",
    eq_elem == "np.equal",
    ne_elem != "np.not_equal",
}
