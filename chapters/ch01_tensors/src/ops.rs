//! `+ - * /` between arrays (broadcast), and between an array and a number.
//!
//! An operand that is handed over (`a + &b`) is reused for the result if nobody shares it; `&a + &b` makes a new array.
//! Integers behave as everywhere in Rust: overflow panics in debug builds and wraps around in release builds, as in
//! numpy. Sum bytes with [`Array::sum_as`], and convert with [`Array::cast`] before you multiply. Dividing an integer
//! by 0 panics; a float gives infinity or NaN.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::elementwise::common_shape;
use crate::{Array, Float, Num};

macro_rules! operator {
    ($trait:ident $method:ident $assign_trait:ident $assign:ident $name:literal $op:tt) => {
        impl<T: Num> $trait<&Array<T>> for Array<T> {
            type Output = Array<T>;
            #[track_caller]
            fn $method(self, other: &Array<T>) -> Array<T> {
                self.zip($name, other, |x, y| x $op y)
            }
        }

        impl<T: Num> $trait for Array<T> {
            type Output = Array<T>;
            #[track_caller]
            fn $method(self, other: Array<T>) -> Array<T> {
                self.zip($name, &other, |x, y| x $op y)
            }
        }

        impl<T: Num> $trait<&Array<T>> for &Array<T> {
            type Output = Array<T>;
            #[track_caller]
            fn $method(self, other: &Array<T>) -> Array<T> {
                self.zip_to($name, other, |x, y| x $op y)
            }
        }

        impl<T: Num> $trait<Array<T>> for &Array<T> {
            type Output = Array<T>;
            #[track_caller]
            fn $method(self, other: Array<T>) -> Array<T> {
                // Named in their order here: below they are swapped, so that `other` can be reused.
                common_shape($name, self.shape(), other.shape());
                other.zip($name, self, |y, x| x $op y)
            }
        }

        impl<T: Num> $trait<T> for Array<T> {
            type Output = Array<T>;
            fn $method(self, number: T) -> Array<T> {
                self.map(move |x| x $op number)
            }
        }

        impl<T: Num> $trait<T> for &Array<T> {
            type Output = Array<T>;
            fn $method(self, number: T) -> Array<T> {
                self.map_to(move |x| x $op number)
            }
        }

        impl<T: Num> $assign_trait<&Array<T>> for Array<T> {
            /// # Panics
            /// When `other` does not broadcast to this array's shape.
            #[track_caller]
            fn $assign(&mut self, other: &Array<T>) {
                self.zip_assign($name, other, |x, y| x $op y);
            }
        }

        impl<T: Num> $assign_trait<T> for Array<T> {
            fn $assign(&mut self, number: T) {
                self.map_assign(move |x| x $op number);
            }
        }
    };
}

operator!(Add add AddAssign add_assign "add" +);
operator!(Sub sub SubAssign sub_assign "subtract" -);
operator!(Mul mul MulAssign mul_assign "multiply" *);
operator!(Div div DivAssign div_assign "divide" /);

impl<T: Float> Neg for Array<T> {
    type Output = Array<T>;
    fn neg(self) -> Array<T> {
        self.map(|x| -x)
    }
}

impl<T: Float> Neg for &Array<T> {
    type Output = Array<T>;
    fn neg(self) -> Array<T> {
        self.map_to(|x| -x)
    }
}
